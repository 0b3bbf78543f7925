// Lists in pages, as version 3 of the API gives them.
import { Answer } from "./router.mjs";

/** One page of all entries, in shape; a cursor is the place of one, counted from the list's far end. */
export function page(entries, query, { most, usual = 20, shape = (entry) => entry }) {
  const limit = limitOf(query, { most, usual });
  const total = entries.length;
  const start = startOf(query, total);
  const results = entries.slice(start, start + limit).map(shape);
  const place = (index) => (index < 0 || index >= total ? null : String(total - index));
  return {
    total,
    limit,
    cursor: {
      next: start + limit < total ? place(start + limit) : null,
      previous: start > 0 ? place(Math.max(0, start - limit)) : null,
      current: total === 0 ? null : place(start),
    },
    results,
  };
}

export function limitOf(query, { most, usual = 20 }) {
  const limit = Number(query.get("limit") ?? usual);
  if (!Number.isInteger(limit) || limit < 1 || limit > most) {
    throw new Answer(400, { error: "Bad Request", message: `limit is between 1 and ${most}` });
  }
  return limit;
}

// Counted from the far end, a place stays good when entries are added at the near end.
function startOf(query, total) {
  const cursor = query.get("cursor");
  if (cursor === null) return 0;
  const start = total - Number(cursor);
  if (!Number.isInteger(start) || start < 0 || start >= total) {
    throw new Answer(400, { error: "Bad Request", message: "unknown cursor" });
  }
  return start;
}
