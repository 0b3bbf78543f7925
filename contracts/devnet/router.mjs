// HTTP: paths to handlers, bodies to values, answers to JSON.
import { createServer } from "node:http";

const MOST_BYTES = 4 * 1024 * 1024;

/** Thrown by a handler to answer with another status than 200. */
export class Answer extends Error {
  constructor(status, body, headers = {}) {
    super(`answer ${status}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export const notFound = (what) => new Answer(404, { error: `${what} not found` });

/**
 * Routes: ["GET /a/:b", ({ b }, request) => body]. A request has query, headers, bytes and json().
 * `around(request, outgoing, work)` stands before every answer, and may answer by itself.
 */
export function makeServer(routes, around = (_request, _outgoing, work) => work()) {
  const table = routes.map(([path, handler]) => ({ ...patternOf(path), handler }));
  return createServer(async (incoming, outgoing) => {
    try {
      const request = await requestOf(incoming);
      const body = await around(request, outgoing, () => {
        const { handler, values } = find(table, request);
        return handler(values, request);
      });
      if (!isAnswered(outgoing)) send(outgoing, request, 200, body);
    } catch (error) {
      if (isAnswered(outgoing)) return;
      if (error instanceof Answer) send(outgoing, {}, error.status, error.body, error.headers);
      else send(outgoing, {}, 500, { error: String(error.stack ?? error) });
    }
  });
}

const isAnswered = (outgoing) => outgoing.destroyed || outgoing.headersSent;

function patternOf(path) {
  const [method, place] = path.split(" ");
  const pattern = place.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)");
  return { method, pattern: new RegExp(`^${pattern}/?$`) };
}

function find(table, { method, path }) {
  for (const { method: own, pattern, handler } of table) {
    const match = own === method ? pattern.exec(path) : null;
    if (match === null) continue;
    const values = Object.entries(match.groups ?? {}).map(([name, text]) => [
      name,
      decodeURIComponent(text),
    ]);
    return { handler, values: Object.fromEntries(values) };
  }
  throw notFound(`${method} ${path}`);
}

async function requestOf(incoming) {
  const { pathname, searchParams } = new URL(incoming.url, "http://devnet");
  const parts = [];
  let size = 0;
  for await (const part of incoming) {
    size += part.length;
    if (size > MOST_BYTES) throw new Answer(413, { error: "the body is too large" });
    parts.push(part);
  }
  const bytes = Buffer.concat(parts);
  const { method, headers } = incoming;
  return { method, path: pathname, query: searchParams, headers, bytes, json: () => parsed(bytes) };
}

function parsed(bytes) {
  if (bytes.length === 0) return {};
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new Answer(400, { error: "the body is not JSON" });
  }
}

function send(outgoing, { tag, headers }, status, body, more = {}) {
  if (tag !== undefined && headers["if-none-match"] === tag) {
    outgoing.writeHead(304, { etag: tag }).end();
    return;
  }
  const text =
    typeof body === "string"
      ? body
      : JSON.stringify(body, (_, value) => (typeof value === "bigint" ? String(value) : value));
  const etag = tag === undefined ? {} : { etag: tag };
  const length = { "content-length": Buffer.byteLength(text) };
  outgoing.writeHead(status, { "content-type": "application/json", ...etag, ...length, ...more });
  outgoing.end(text);
}
