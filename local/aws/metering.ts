/** What one function did with one resource, since the last reset. */
export interface MeterRow {
  /** Empty for callers that aren't functions. */
  readonly functionName: string;
  readonly service: string;
  readonly operation: string;
  /** Table, or the resource that the call is about; empty when it is about none. */
  readonly resource: string;
  /** Empty for the table itself. */
  readonly index: string;
  readonly calls: number;
  readonly errors: number;
  readonly readUnits: number;
  readonly writeUnits: number;
}

export interface MeterKey {
  readonly functionName: string | undefined;
  readonly service: string;
  readonly operation: string;
  readonly resource?: string;
  readonly index?: string;
}

export interface MeterAmounts {
  readonly calls?: number;
  readonly errors?: number;
  readonly readUnits?: number;
  readonly writeUnits?: number;
}

/** Counts calls and consumed capacity: the figures of the benchmarks, which are exact where times aren't. */
export interface Meter {
  add(key: MeterKey, amounts: MeterAmounts): void;
  read(): readonly MeterRow[];
  reset(): void;
}

export function createMeter(): Meter {
  const rows = new Map<string, { -readonly [K in keyof MeterRow]: MeterRow[K] }>();
  return {
    add({ functionName = "", service, operation, resource = "", index = "" }, amounts) {
      const key = `${functionName}|${service}|${operation}|${resource}|${index}`;
      let row = rows.get(key);
      if (row === undefined) {
        row = { functionName, service, operation, resource, index, calls: 0, errors: 0, readUnits: 0, writeUnits: 0 };
        rows.set(key, row);
      }
      row.calls += amounts.calls ?? 0;
      row.errors += amounts.errors ?? 0;
      row.readUnits += amounts.readUnits ?? 0;
      row.writeUnits += amounts.writeUnits ?? 0;
    },
    read: () => [...rows.values()].map((row) => ({ ...row })),
    reset: () => rows.clear(),
  };
}
