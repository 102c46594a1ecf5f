import { setTimeout as sleep } from "node:timers/promises";
import type { Busy } from "../contracts.ts";

export interface SettleOptions {
  /** By name, for the message when one never ends. */
  readonly busy: Readonly<Record<string, Busy>>;
  /** Makes readers look for what they have not been told of. */
  readonly look: () => void;
}

export interface Settle {
  /** Resolves when nothing is pending now, twice in a row. Throws `NotSettled` after `limitMs` of real time. */
  (limitMs?: number): Promise<void>;
  pending(): Readonly<Record<string, number>>;
}

export class NotSettled extends Error {
  override readonly name = "NotSettled";
  readonly pending: Readonly<Record<string, number>>;

  constructor(pending: Readonly<Record<string, number>>) {
    super(`still at work: ${JSON.stringify(pending)}`);
    this.pending = pending;
  }
}

const BETWEEN_LOOKS_MS = 4;
const DEFAULT_LIMIT_MS = 120_000;

export function createSettle({ busy, look }: SettleOptions): Settle {
  const pending = () => {
    const counts = Object.entries(busy).map(([name, part]) => [name, part.pending()] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  };
  const settle = async (limitMs = DEFAULT_LIMIT_MS): Promise<void> => {
    const giveUpAt = performance.now() + limitMs;
    for (let quietLooks = 0; quietLooks < 2; ) {
      if (quietLooks === 0) look();
      await sleep(BETWEEN_LOOKS_MS);
      const now = pending();
      quietLooks = Object.keys(now).length === 0 ? quietLooks + 1 : 0;
      if (quietLooks === 0 && performance.now() > giveUpAt) throw new NotSettled(now);
    }
  };
  return Object.assign(settle, { pending });
}
