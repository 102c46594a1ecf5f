import type { Destination, Instant, Transfer } from "../../shared/domain/model.ts";
import type { Verdict } from "../../shared/domain/transfer-outcome.ts";
import { HOUR_MS, MINUTE_MS } from "./domain-records.ts";

/** Keys are kept exactly as long as the provider promises, so that relying on more shows. */
const KEY_LIFE_MS = 24 * HOUR_MS;
/** How long a list may not show what was just created. */
const LIST_LAG_MS = 12 * MINUTE_MS;

/** What the world does with one call; the answer also depends on what the key already stands for. */
export const FATES = [
  "works",
  "works_unheard",
  "lost",
  "stored_error",
  "in_progress",
  "throttled",
  "funds",
  "payee",
  "rejected",
  "unrecognised",
  "configuration",
] as const;
export type Fate = (typeof FATES)[number];

interface Created {
  readonly id: string;
  readonly epoch: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly destination: Destination;
  readonly atMs: number;
  reversedMinor: number;
}

type Stored =
  | { readonly kind: "created"; readonly created: Created }
  | { readonly kind: "funds" }
  | { readonly kind: "error" };

const LOST = { kind: "unknown", class: "unknown", code: "timeout", message: "no answer", replayed: false } as const;

function refusal(refusedBy: Extract<Verdict, { kind: "refused" }>["class"]): Verdict {
  return {
    kind: "refused",
    class: refusedBy,
    code: refusedBy,
    message: refusedBy,
    // Only a refusal of the endpoint itself is stored; the others may come before the key is looked at.
    settlesKey: refusedBy === "funds",
  };
}

/** A provider that stores answers under keys, forgets them after a day, and lists late. */
export class FakeProvider {
  readonly #keys = new Map<string, { readonly answer: Stored; readonly atMs: number; readonly order: string }>();
  readonly #created = new Map<string, Created[]>();
  /** A call under a key in use came with other parameters: the domain must never let that happen. */
  mismatches = 0;

  createdFor(transferId: string): readonly Created[] {
    return this.#created.get(transferId) ?? [];
  }

  send(transfer: Transfer, fate: Fate, now: Instant): Verdict {
    const nowMs = Date.parse(now);
    const key = `transfer:${transfer.id}:${transfer.epoch}`;
    const order = JSON.stringify([transfer.amountMinor, transfer.currency, transfer.destination]);
    const stored = this.#keys.get(key);
    const known = stored !== undefined && nowMs - stored.atMs < KEY_LIFE_MS ? stored : undefined;
    if (known !== undefined && known.order !== order) this.mismatches += 1;
    switch (fate) {
      case "lost":
        return LOST;
      case "in_progress":
        return { ...LOST, class: "in_progress" };
      case "throttled":
      case "configuration":
      case "payee":
      case "rejected":
      case "unrecognised":
        return refusal(fate);
      default: {
        const answer = known?.answer ?? this.#execute(transfer, fate, nowMs);
        if (known === undefined) this.#keys.set(key, { answer, atMs: nowMs, order });
        return fate === "works_unheard" ? LOST : answered(answer, known !== undefined);
      }
    }
  }

  #execute(transfer: Transfer, fate: "works" | "works_unheard" | "funds" | "stored_error", atMs: number): Stored {
    if (fate === "funds") return { kind: "funds" };
    if (fate === "stored_error") return { kind: "error" };
    const list = this.#created.get(transfer.id) ?? [];
    const { epoch, amountMinor, currency, destination } = transfer;
    const id = `prov_${transfer.id}_${list.length + 1}`;
    const created: Created = { id, epoch, amountMinor, currency, destination, atMs, reversedMinor: 0 };
    this.#created.set(transfer.id, [...list, created]);
    return { kind: "created", created };
  }

  lookUp(transfer: Transfer, now: Instant, fails: boolean): Verdict {
    if (fails) return { kind: "look_up_failed", code: "timeout", message: "no answer" };
    const visible = this.createdFor(transfer.id).filter(({ atMs }) => Date.parse(now) - atMs >= LIST_LAG_MS);
    const first = visible[0];
    if (first === undefined) return { kind: "not_found" };
    const matches = visible.every((each) => each.amountMinor === transfer.amountMinor);
    return { kind: "found", providerTransferId: first.id, matches, count: visible.length };
  }

  /** Takes some of it back; gives the total so far. */
  reverse(transferId: string, share: number): number | undefined {
    const first = this.createdFor(transferId)[0];
    if (first === undefined) return undefined;
    const left = first.amountMinor - first.reversedMinor;
    first.reversedMinor += Math.ceil(left * share);
    return first.reversedMinor;
  }
}

function answered(answer: Stored, replayed: boolean): Verdict {
  switch (answer.kind) {
    case "created":
      return { kind: "accepted", providerTransferId: answer.created.id };
    case "funds":
      return refusal("funds");
    case "error":
      return { kind: "unknown", class: "unknown", code: "http_500", message: "server error", replayed };
  }
}
