// The virtual machine's memory, with a way back: what a block changes can be taken back, block by block.
//
// The simulated network knows no rollback. It keeps all of its state in its WebAssembly memory, and
// between two calls that memory is all there is. So a copy is kept of how it was when the last block was
// good, and per block the few lines that the block has changed, as they were before.

const PAGE = 4096;
const LINE = 256;

/** A WebAssembly memory and the copy of its last good state. */
export class Memory {
  #memory;
  #good;

  constructor(memory) {
    this.#memory = memory;
    this.#good = Buffer.from(memory.buffer.slice(0));
  }

  /** Take what is there for good; answers the undo: [place, old bytes] of every line that changed. */
  keep() {
    const live = this.#live();
    const undo = [];
    for (const place of this.#changed(live)) {
      undo.push([place, Buffer.from(this.#good.subarray(place, place + LINE))]);
      live.copy(this.#good, place, place, place + LINE);
    }
    return undo;
  }

  /** Forget everything since the last good state. */
  restore() {
    const live = this.#live();
    for (const place of this.#changed(live)) {
      this.#good.copy(live, place, place, place + LINE);
    }
  }

  /** Go back to before the state that gave this undo. Only the latest one can be taken back. */
  takeBack(undo) {
    this.restore();
    const live = this.#live();
    for (const [place, bytes] of undo) {
      bytes.copy(live, place);
      bytes.copy(this.#good, place);
    }
  }

  /** One undo of several that follow each other, the newest first. */
  static merged(undos) {
    const lines = new Map();
    for (const undo of undos) for (const [place, bytes] of undo) lines.set(place, bytes);
    return [...lines];
  }

  /** Every place where these bytes stand now, in or across the lines of an undo. */
  find(bytes, undo) {
    const live = this.#live();
    const places = new Set();
    for (const [line] of undo) {
      const start = Math.max(0, line - bytes.length + 1);
      const nearby = live.subarray(start, line + LINE + bytes.length - 1);
      let found = nearby.indexOf(bytes);
      while (found >= 0) {
        places.add(start + found);
        found = nearby.indexOf(bytes, found + 1);
      }
    }
    return [...places];
  }

  /** Write bytes at places. */
  write(bytes, places) {
    const live = this.#live();
    for (const place of places) bytes.copy(live, place);
  }

  #live() {
    const live = Buffer.from(this.#memory.buffer);
    if (live.length > this.#good.length) {
      this.#good = Buffer.concat([this.#good], live.length); // New memory is zero, and so is this.
    }
    return live;
  }

  #changed(live) {
    const good = this.#good;
    const lines = [];
    for (let page = 0; page < good.length; page += PAGE) {
      if (live.compare(good, page, page + PAGE, page, page + PAGE) === 0) continue;
      for (let line = page; line < page + PAGE; line += LINE) {
        if (live.compare(good, line, line + LINE, line, line + LINE) !== 0) lines.push(line);
      }
    }
    return lines;
  }
}
