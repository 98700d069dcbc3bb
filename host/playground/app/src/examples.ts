/** The programs of guest-tests/examples. */

const files = import.meta.glob<string>("../../../../guest-tests/examples/*.spl", { query: "?raw", import: "default", eager: true });

/** What somebody sees first. */
export const welcome = `# Every type is inferred; point at a name to see its type.
struct Planet:
    name: text
    mass: f64        # in Earths
    radius: f64

    fn gravity() -> f64:
        9.81 * self.mass / (self.radius * self.radius)

fn heaviest(planets):
    var best = planets[0]
    for planet in planets:
        if planet.gravity() > best.gravity():
            best = planet
    best

val planets = [
    Planet(name: "Mars", mass: 0.107, radius: 0.532),
    Planet(name: "Earth", mass: 1.0, radius: 1.0),
    Planet(name: "Neptune", mass: 17.15, radius: 3.865),
]

for planet in planets:
    print "{planet.name:<8} {planet.gravity():>6.2f} m/s²"

print "You weigh most on {heaviest(planets).name}."
`;

export const examples = new Map([
    ["welcome", welcome],
    ...Object.entries(files)
        .map(([path, text]): [string, string] => [path.replace(/^.*\/(.*)\.spl$/, "$1").replaceAll("_", " "), text])
        .sort(([a], [b]) => (a === "tour" ? -1 : b === "tour" ? 1 : a.localeCompare(b))),
]);
