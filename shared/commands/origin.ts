import { toInstant } from "../domain/dates.ts";
import type { CommandContext } from "../domain/decision.ts";
import type { Actor } from "../domain/model.ts";
import type { ReceiptPlan } from "../store/receipts.ts";

/** Whose command it is, in answer to what. */
export interface CommandOrigin {
  readonly organizationId: string;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly reason?: string;
  /** False where the person's address is outside of the organization's allow-list. */
  readonly addressAllowed?: boolean;
  /** Of a request with an idempotency key: what it came to is written in the same commit. */
  readonly receipt?: ReceiptPlan;
}

export function contextOf(origin: CommandOrigin, nowMs: number): CommandContext {
  const { actor, correlationId, reason, addressAllowed } = origin;
  return {
    now: toInstant(nowMs),
    actor,
    correlationId,
    ...(reason === undefined ? {} : { reason }),
    ...(addressAllowed === undefined ? {} : { addressAllowed }),
  };
}
