export interface Timer {
  readonly key: string;
  readonly atMs: number;
  readonly fire: () => void | Promise<void>;
  readonly recurring: boolean;
}

/** A binary heap of timers by instant. Replaced and cleared timers stay in it until they come up, and are then dropped. */
class Heap {
  readonly #entries: { timer: Timer; order: number }[] = [];
  readonly #isLive: (timer: Timer) => boolean;
  #order = 0;

  constructor(isLive: (timer: Timer) => boolean) {
    this.#isLive = isLive;
  }

  push(timer: Timer): void {
    this.#order += 1;
    this.#entries.push({ timer, order: this.#order });
    let index = this.#entries.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  peek(): Timer | undefined {
    for (;;) {
      const top = this.#entries[0]?.timer;
      if (top === undefined || this.#isLive(top)) return top;
      this.#removeTop();
    }
  }

  take(): Timer | undefined {
    const top = this.peek();
    if (top !== undefined) this.#removeTop();
    return top;
  }

  #removeTop(): void {
    const last = this.#entries.pop();
    if (last === undefined || this.#entries.length === 0) return;
    this.#entries[0] = last;
    let index = 0;
    for (;;) {
      let smallest = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < this.#entries.length && this.#isBefore(child, smallest)) smallest = child;
      }
      if (smallest === index) return;
      this.#swap(index, smallest);
      index = smallest;
    }
  }

  /** Timers of one instant fire in the order in which they were set. */
  #isBefore(left: number, right: number): boolean {
    const a = this.#entries[left];
    const b = this.#entries[right];
    if (a === undefined || b === undefined) return false;
    return a.timer.atMs < b.timer.atMs || (a.timer.atMs === b.timer.atMs && a.order < b.order);
  }

  #swap(left: number, right: number): void {
    const a = this.#entries[left];
    const b = this.#entries[right];
    if (a === undefined || b === undefined) return;
    this.#entries[left] = b;
    this.#entries[right] = a;
  }
}

/** Timers by key and by instant; recurring ones in a heap of their own, since the clock asks for the two kinds apart. */
export class TimerQueue {
  readonly #live = new Map<string, Timer>();
  readonly #oneOff = new Heap((timer) => this.#live.get(timer.key) === timer);
  readonly #recurring = new Heap((timer) => this.#live.get(timer.key) === timer);

  set(timer: Timer): void {
    this.#live.set(timer.key, timer);
    (timer.recurring ? this.#recurring : this.#oneOff).push(timer);
  }

  delete(key: string): void {
    this.#live.delete(key);
  }

  /** The instant of the next timer of a wanted kind. */
  earliest(wanted: (recurring: boolean) => boolean = () => true): number | undefined {
    const instants = this.#heaps(wanted).flatMap((heap) => heap.peek()?.atMs ?? []);
    return instants.length === 0 ? undefined : Math.min(...instants);
  }

  takeDue(nowMs: number, wanted: (recurring: boolean) => boolean): Timer[] {
    return this.#heaps(wanted).flatMap((heap) => {
      const due: Timer[] = [];
      for (let next = heap.peek(); next !== undefined && next.atMs <= nowMs; next = heap.peek()) {
        heap.take();
        this.#live.delete(next.key);
        due.push(next);
      }
      return due;
    });
  }

  #heaps(wanted: (recurring: boolean) => boolean): Heap[] {
    return [...(wanted(false) ? [this.#oneOff] : []), ...(wanted(true) ? [this.#recurring] : [])];
  }
}
