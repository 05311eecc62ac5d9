"""Make the map's shapes and the country table of the figures; run by hand, needs shapely, pycountry and scipy.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python data/reference/world.py package/countries-50m.json

Origin: Natural Earth 4.1, admin 0 at 1:50m (public domain), as the npm package world-atlas 2.0.2 carries it (ISC).
Changed: Crimea is joined to Ukraine (General Assembly resolution 68/262); Morocco is cut at 27°40' north and what
lies south of it joined to Western Sahara; Somaliland is joined to Somalia, Northern Cyprus to Cyprus; the Siachen
glacier belongs to nobody. All else is as Natural Earth draws it, which is by control on the ground. Projected with Equal Earth (Šavrič, Patterson and Jenny 2018), simplified to 1/500 of the
map's half width and rounded. Countries too small to be seen, or without a shape of their own, get a point besides;
the coordinates in OWN_POINTS are ours, to the half degree. The tile map is an assignment of all countries to cells
of a grid that moves them the least from their place, with crowded parts of the world spread out.
"""

import csv
import gzip
import json
import math
import sys
from pathlib import Path

import numpy as np
import pycountry
from scipy.optimize import linear_sum_assignment
from scipy.stats import rankdata
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Point, Polygon, box
from shapely.geometry.polygon import orient
from shapely.ops import unary_union

PACKAGE = Path(__file__).parents[2] / "rightsdata" / "figures"
OWN_POINTS = {
    "BQ": (-68.5, 12), "BV": (3.5, -54.5), "CC": (97, -12), "CX": (105.5, -10.5), "EU": (-40, 55), "GF": (-53, 4),
    "GI": (-5.5, 36), "GP": (-61.5, 16), "MQ": (-61, 14.5), "RE": (55.5, -21), "SJ": (18, 78.5), "TK": (-172, -9),
    "TV": (178, -8), "UM": (-160, 0), "YT": (45, -13), "XK": (21, 42.5), "AQ": (0, -80),
}  # fmt: skip
SCALE = 1000
GRID = (20, 21)
"""Columns and rows of the tile map: no more columns than leave two legible letters a tile on a phone."""


def equal_earth(lon: float, lat: float) -> tuple[float, float]:
    """Longitude and latitude in degrees to x within ±SCALE, y in the same unit."""
    t = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(lat)))
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    x = 2 * math.sqrt(3) * math.radians(lon) * math.cos(t)
    x /= 3 * (9 * a4 * t**8 + 7 * a3 * t**6 + 3 * a2 * t**2 + a1)
    y = a4 * t**9 + a3 * t**7 + a2 * t**3 + a1 * t
    return x / 2.70663 * SCALE, y / 2.70663 * SCALE


def shapes(path: Path) -> dict[str, Polygon | MultiPolygon]:
    """Every country's shape in degrees by its ISO code, with the changes named above."""
    topology = json.loads(path.read_text())
    scale, move = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        points = np.cumsum(np.array(arc), axis=0) * scale + move
        arcs.append([tuple(point) for point in points])

    def ring(ids: list[int]) -> list[tuple[float, float]]:
        points: list[tuple[float, float]] = []
        for one in ids:
            arc = arcs[one] if one >= 0 else arcs[~one][::-1]
            points += arc[1:] if points else arc
        return points

    found: dict[str, list[Polygon]] = {}
    by_number = {country.numeric: country.alpha_2 for country in pycountry.countries}
    own = {"Kosovo": "XK", "Somaliland": "SO", "N. Cyprus": "CY"}
    for geometry in topology["objects"]["countries"]["geometries"]:
        code = by_number.get(geometry.get("id", "")) or own.get(geometry["properties"]["name"])
        if not code or "arcs" not in geometry:
            continue
        parts = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for part in parts:
            outer, *holes = (ring(ids) for ids in part)
            found.setdefault(code, []).append(Polygon(outer, holes))
    (crimea,) = (part for part in found["RU"] if part.contains(Point(34.1, 45)))
    found["RU"] = [part for part in found["RU"] if part is not crimea]
    found["UA"].append(crimea.buffer(0.01))
    south = box(-18, 20, -8.6, 27 + 2 / 3)
    morocco = unary_union([part.buffer(0) for part in found["MA"]])
    found["EH"].append(morocco.intersection(south).buffer(0.01))
    found["MA"] = [morocco.difference(south)]
    return {code: unary_union([half for part in parts for half in halves(part)]) for code, parts in found.items()}


def halves(part: Polygon) -> list[Polygon]:
    """The part, cut where it crosses the antimeridian, over which the topology's rings run on at the other side."""
    edge = np.array(part.exterior.coords)
    if np.abs(np.diff(edge[:, 0])).max() < 180:
        return [part.buffer(0)]
    whole = Polygon(np.column_stack([np.where(edge[:, 0] < 0, edge[:, 0] + 360, edge[:, 0]), edge[:, 1]])).buffer(0)
    west = translate(whole.intersection(box(180, -90, 360, 90)), -360)
    return [whole.intersection(box(0, -90, 180, 90)), west]


def rings(shape: Polygon | MultiPolygon) -> list[list[int]]:
    """The projected and simplified rings large enough to be drawn, as x, y, x, y …; holes run the other way round."""
    kept = []
    parts = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
    for part in parts:
        edges = [[equal_earth(*point) for point in ring.coords] for ring in (part.exterior, *part.interiors)]
        projected = Polygon(edges[0], edges[1:]).buffer(0)
        for piece in projected.geoms if isinstance(projected, MultiPolygon) else [projected]:
            simple = orient(piece.simplify(0.9))
            if simple.area > 3:
                for ring in (simple.exterior, *simple.interiors):
                    kept.append((simple.area, [round(value) for point in ring.coords for value in point]))
    return [ring for _, ring in sorted(kept, key=lambda one: -one[0])]


def tiles(places: dict[str, tuple[float, float]]) -> dict[str, tuple[int, int]]:
    """A column and a row of the grid for every country."""
    codes = sorted(places)
    x, y = (np.array([places[code][axis] for code in codes]) for axis in (0, 1))

    def spread(values: np.ndarray, cells: int, share: float) -> np.ndarray:
        even = (rankdata(values) - 1) / (len(values) - 1)
        true = (values - values.min()) / (values.max() - values.min())
        return (share * even + (1 - share) * true) * (cells - 1)

    column, row = spread(x, GRID[0], 0.65), spread(-y, GRID[1], 0.7)
    cells = [(c, r) for r in range(GRID[1]) for c in range(GRID[0])]
    cost = [[(column[i] - c) ** 2 + (row[i] - r) ** 2 for c, r in cells] for i in range(len(codes))]
    chosen = linear_sum_assignment(np.array(cost))[1]
    return {code: cells[cell] for code, cell in zip(codes, chosen, strict=True)}


def main() -> None:
    """Write world.json.gz and countries.csv into the package."""
    found = shapes(Path(sys.argv[1]))
    with (Path(__file__).parent / "countries.csv").open(encoding="utf-8", newline="") as file:
        countries = {row["code"]: row for row in csv.DictReader(file)}
    outlines = {code: rings(shape) for code, shape in sorted(found.items()) if code in countries and code != "AQ"}
    places = {}
    for code in countries:
        if code in OWN_POINTS:
            lon, lat = OWN_POINTS[code]
        else:
            shape = found[code]
            largest = max(shape.geoms, key=lambda part: part.area) if isinstance(shape, MultiPolygon) else shape
            middle = largest.representative_point()
            lon, lat = middle.x, middle.y
        places[code] = (lon, lat)
    points = {
        code: [round(value) for value in equal_earth(*places[code])]
        for code in countries
        if code not in ("AQ", "EU")
        and sum(Polygon(zip(r[::2], r[1::2], strict=True)).area for r in outlines.get(code, [])) < 60
    }
    text = json.dumps({"outlines": {c: r for c, r in outlines.items() if r}, "points": points}, separators=(",", ":"))
    (PACKAGE / "world.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    grid = tiles({code: (places[code][0], equal_earth(*places[code])[1]) for code in countries})
    names = [f"name_{language}" for language in ("en", "ru", "uk", "es", "fr", "ar", "fa", "tr")]
    with (PACKAGE / "countries.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["code", "column", "row", *names])
        out.writerows([code, *grid[code], *(row[name] for name in names)] for code, row in countries.items())


if __name__ == "__main__":
    main()
