// The functions of a contract, read off its source: the machine tells no interface of the chain's own
// contracts, such as sBTC.

const DEFINITION = /^define-(public|read-only|private)$/;
const ACCESS = { public: "public", "read-only": "read_only", private: "private" };
const ATOMS = { uint: "uint128", int: "int128", bool: "bool", principal: "principal" };
const SIZED = { buff: "buffer", "string-ascii": "string-ascii", "string-utf8": "string-utf8" };

/** What calls are checked against: { functions: [{ name, access, args }] }. */
export function interfaceFrom(source) {
  const functions = parse(source)
    .filter((form) => Array.isArray(form) && DEFINITION.test(form[0]))
    .map(([definition, [name, ...args]]) => ({
      name,
      access: ACCESS[DEFINITION.exec(definition)[1]],
      args: args.map(([argument, type]) => ({ name: argument, type: typeFrom(type) })),
    }));
  return { functions };
}

/** A source as nested lists of words; braces become ["{", …]. */
function parse(source) {
  const words =
    source.replaceAll(/;;[^\n]*/g, "").match(/u?"(?:\\.|[^"\\])*"|[(){}]|[^\s(){}]+/g) ?? [];
  const stack = [[]];
  for (const word of words) {
    if (word === "(" || word === "{") {
      const list = word === "{" ? ["{"] : [];
      stack.at(-1).push(list);
      stack.push(list);
    } else if (word === ")" || word === "}") {
      stack.pop();
    } else {
      stack.at(-1).push(word);
    }
  }
  return stack[0];
}

function typeFrom(form) {
  if (!Array.isArray(form)) return ATOMS[form] ?? "trait_reference";
  const [head, ...rest] = form;
  if (head in SIZED) return { [SIZED[head]]: { length: Number(rest[0]) } };
  if (head === "optional") return { optional: typeFrom(rest[0]) };
  if (head === "response") return { response: { ok: typeFrom(rest[0]), error: typeFrom(rest[1]) } };
  if (head === "list") return { list: { length: Number(rest[0]), type: typeFrom(rest[1]) } };
  return {
    tuple:
      head === "{" ? pairs(rest) : rest.map(([name, type]) => ({ name, type: typeFrom(type) })),
  };
}

// { name: type, other: type }, of which the words keep their colons and commas.
function pairs(words) {
  const clean = words.map((word) => (Array.isArray(word) ? word : word.replace(/[:,]$/, "")));
  const parts = clean.filter((word) => word !== "");
  return Array.from({ length: parts.length / 2 }, (_, place) => ({
    name: parts[place * 2],
    type: typeFrom(parts[place * 2 + 1]),
  }));
}
