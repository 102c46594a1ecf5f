/** Harmless by contract: what a stream may do to a consumer at any time. */
export interface StreamFault {
  readonly functionName?: string;
  /** Deliver a batch once more although it succeeded. */
  readonly redeliver?: boolean;
  /** Deliver each batch as two. */
  readonly halves?: boolean;
  /** Batches that it applies to; absent: until cleared. */
  readonly count?: number;
}

export class StreamFaults {
  #active: { readonly fault: StreamFault; left: number }[] = [];

  add(fault: StreamFault): void {
    this.#active.push({ fault, left: fault.count ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#active = [];
  }

  redelivers(functionName: string): boolean {
    return this.#take(functionName, (fault) => fault.redeliver === true);
  }

  partsOf<T>(functionName: string, batch: readonly T[]): readonly (readonly T[])[] {
    if (batch.length < 2 || !this.#take(functionName, (fault) => fault.halves === true)) return [batch];
    const middle = Math.ceil(batch.length / 2);
    return [batch.slice(0, middle), batch.slice(middle)];
  }

  #take(functionName: string, applies: (fault: StreamFault) => boolean): boolean {
    const found = this.#active.find(
      ({ fault, left }) => left > 0 && applies(fault) && (fault.functionName ?? functionName) === functionName,
    );
    if (found === undefined) return false;
    found.left--;
    return true;
  }
}
