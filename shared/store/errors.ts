import type { EntityName } from "../domain/model.ts";

/** Somebody else changed a record since it was read: read again, decide again. Nothing was written. */
export class VersionConflict extends Error {
  override readonly name = "VersionConflict";
  readonly entity: EntityName | "balance";
  readonly id: string;

  constructor(entity: EntityName | "balance", id: string, options?: ErrorOptions) {
    super(`${entity} ${id} was changed by somebody else`, options);
    this.entity = entity;
    this.id = id;
  }
}

/** The table is busy beyond the bounded retries: nothing was written, the caller may come again after `retryAfterMs`. */
export class StoreBusy extends Error {
  override readonly name = "StoreBusy";
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}

/** More changes than one transaction takes; nothing was written. */
export class CommitTooLarge extends Error {
  override readonly name = "CommitTooLarge";
}

/** A command lost against others too many times in a row. Nothing was written by it. */
export class CommandContended extends Error {
  override readonly name = "CommandContended";
}
