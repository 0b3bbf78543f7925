// What the tests have reached, added up over all the fresh starts of the network.

const places = new Map(); // "contract place" -> times reached

/** Take in the report (lcov) of a network that is about to begin anew. */
export function collect({ coverage }) {
  let file = "";
  for (const line of coverage.split("\n")) {
    const [kind, rest = ""] = line.split(/:(.*)/);
    const [first, second, third, times] = rest.split(",");
    if (kind === "SF") file = rest.split("/").pop();
    if (kind === "DA") add(file, `line ${first}`, second);
    if (kind === "FN") add(file, `function ${second}`, 0);
    if (kind === "FNDA") add(file, `function ${second}`, first);
    if (kind === "BRDA") add(file, `line ${first}, branch ${second}.${third}`, times);
  }
}

function add(file, place, times) {
  if (!file.startsWith("stacktill-")) return;
  const name = `${file} ${place}`;
  places.set(name, (places.get(name) ?? 0) + (Number(times) || 0));
}

/** The lines, functions and branches of our contracts that no test has reached. */
export function unreached() {
  return [...places].filter(([, times]) => times === 0).map(([place]) => place);
}

/** How many places were watched. */
export const watched = () => places.size;
