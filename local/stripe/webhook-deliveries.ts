import type { HostContext } from "../contracts.ts";
import type { StripeSettings } from "./settings.ts";
import { many, one } from "./stripe-database.ts";
import { secondsOf } from "./stripe-objects.ts";
import type { WebhookSecrets } from "./webhook-secrets.ts";
import { signWebhook } from "./webhook-signature.ts";

export interface WebhookTarget {
  /** Names the target across changes of its URL (a port that is new after a restart); the URL itself unless told. */
  readonly id?: string;
  readonly url: string;
  readonly secret: string;
  /** `true`: only events of connected accounts, `false`: only the platform's own; both unless told. */
  readonly connect?: boolean;
}

export interface DeliveryState {
  readonly eventId: string;
  readonly type: string;
  readonly target: string;
  readonly attempts: number;
  readonly status: "pending" | "delivered" | "given_up";
  readonly dueMs: number | null;
  /** The last status code, or why there was none. */
  readonly lastAnswer: string | null;
}

export interface Deliveries {
  /** Records a delivery for each target there is now, in the caller's transaction. Gives the number of targets. */
  enqueue(event: { readonly id: string; readonly account: string | undefined }): number;
  /** Starts what is due; the rest waits for the clock. */
  kick(): void;
  /** Starts what is due and waits until the first attempts for these events are over. */
  deliverNow(eventIds: readonly string[]): Promise<void>;
  /** Deliveries that are due now or under way. */
  pending(): number;
  list(): readonly DeliveryState[];
  resend(eventId: string): void;
  stop(): void;
}

interface DueRow {
  readonly seq: number;
  readonly event_id: string;
  readonly target: string;
  readonly attempts: number;
  readonly first_ms: number;
}

const FIRST_RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 12 * 3_600_000;
const GIVE_UP_AFTER_MS = 3 * 86_400_000;
const TIMER = "stripe:deliveries";
const DUE_BATCH = 256;

/** A durable queue: what a crash interrupts is delivered again, as Stripe promises at least once. */
export function createDeliveries(deps: {
  readonly context: HostContext;
  readonly settings: () => StripeSettings;
  readonly targets: () => readonly WebhookTarget[];
  readonly secrets: WebhookSecrets;
}): Deliveries {
  const { context, settings, targets, secrets } = deps;
  const { db, clock, log } = context;
  const insert = db.prepare(
    "INSERT INTO stripe_deliveries (event_id, target, first_ms, due_ms, status) VALUES (?, ?, ?, ?, 'pending')",
  );
  const selectDue = db.prepare(
    `SELECT seq, event_id, target, attempts, first_ms FROM stripe_deliveries WHERE due_ms <= ? ORDER BY due_ms, seq LIMIT ${DUE_BATCH}`,
  );
  const countDue = db.prepare("SELECT count(*) AS due FROM stripe_deliveries WHERE due_ms <= ?");
  const selectNext = db.prepare("SELECT min(due_ms) AS next FROM stripe_deliveries WHERE due_ms > ?");
  const selectBody = db.prepare("SELECT body FROM stripe_events WHERE id = ?");
  const finish = db.prepare(
    "UPDATE stripe_deliveries SET attempts = attempts + 1, due_ms = ?, status = ?, last_answer = ? WHERE seq = ?",
  );
  const selectAll = db.prepare(
    `SELECT d.event_id AS eventId, e.type, d.target, d.attempts, d.status, d.due_ms AS dueMs, d.last_answer AS lastAnswer
     FROM stripe_deliveries d JOIN stripe_events e ON e.id = d.event_id ORDER BY d.seq`,
  );
  const selectAccount = db.prepare("SELECT account FROM stripe_events WHERE id = ?");
  const inFlight = new Map<number, { readonly eventId: string; readonly done: Promise<void> }>();
  const abort = new AbortController();
  let stopped = false;

  function enqueue(event: { readonly id: string; readonly account: string | undefined }): number {
    const { enabled, delayMs, duplicates, disorderWindowMs } = settings().webhooks;
    const wanted = enabled ? targets().filter((target) => receives(target, event.account)) : [];
    for (const target of wanted) {
      for (let copy = 0; copy <= duplicates; copy += 1) {
        const dueMs = clock.now() + delayMs + Math.floor(Math.random() * disorderWindowMs);
        insert.run(event.id, target.id ?? target.url, dueMs, dueMs);
      }
    }
    return wanted.length;
  }

  function kick(): void {
    if (stopped) return;
    const { concurrency, disorderWindowMs } = settings().webhooks;
    const due = many<DueRow>(selectDue.all(clock.now())).filter((row) => !inFlight.has(row.seq));
    const free = Math.max(0, concurrency - inFlight.size);
    for (const row of (disorderWindowMs > 0 ? shuffled(due) : due).slice(0, free)) start(row);
    const next = one<{ next: number | null }>(selectNext.get(clock.now()))?.next ?? undefined;
    if (next === undefined) clock.clearTimer(TIMER);
    else clock.setTimer(TIMER, next, kick);
  }

  function start(row: DueRow): void {
    const done = attempt(row).then((answer) => {
      inFlight.delete(row.seq);
      if (stopped) return;
      record(row, answer);
      kick();
    });
    inFlight.set(row.seq, { eventId: row.event_id, done });
  }

  async function attempt(row: DueRow): Promise<string> {
    const target = targets().find((candidate) => (candidate.id ?? candidate.url) === row.target);
    const payload = one<{ body: string }>(selectBody.get(row.event_id))?.body;
    if (target === undefined || payload === undefined) return "no such target";
    const signature = signWebhook({
      payload,
      secrets: secrets.signing(row.target, target.secret),
      timestampS: secondsOf(clock.now()),
    });
    try {
      const response = await fetch(target.url, {
        method: "POST",
        body: payload,
        // A redirect counts as a failure, as with Stripe.
        redirect: "manual",
        headers: {
          "content-type": "application/json; charset=utf-8",
          "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
          "stripe-signature": signature,
        },
        signal: AbortSignal.any([abort.signal, AbortSignal.timeout(settings().webhooks.timeoutRealMs)]),
      });
      await response.body?.cancel();
      return String(response.status);
    } catch (error) {
      return error instanceof Error ? error.name : "unreachable";
    }
  }

  function record(row: DueRow, answer: string): void {
    const delivered = /^2\d\d$/.test(answer);
    const retryMs = clock.now() + Math.min(FIRST_RETRY_MS * 2 ** row.attempts, LONGEST_RETRY_MS);
    const givenUp = !delivered && retryMs > row.first_ms + GIVE_UP_AFTER_MS;
    if (!delivered) log("stripe webhook not accepted", { eventId: row.event_id, target: row.target, answer, givenUp });
    const status = delivered ? "delivered" : givenUp ? "given_up" : "pending";
    finish.run(status === "pending" ? retryMs : null, status, answer, row.seq);
  }

  return {
    enqueue,
    kick,
    async deliverNow(eventIds) {
      kick();
      const mine = [...inFlight.values()].filter(({ eventId }) => eventIds.includes(eventId));
      await Promise.all(mine.map(({ done }) => done));
    },
    pending: () => (stopped ? 0 : (one<{ due: number }>(countDue.get(clock.now()))?.due ?? 0)),
    list: () => many<DeliveryState>(selectAll.all()),
    resend(eventId) {
      const event = one<{ account: string | null }>(selectAccount.get(eventId));
      if (event === undefined) throw new RangeError(`No such event: ${eventId}`);
      for (const target of targets().filter((candidate) => receives(candidate, event.account ?? undefined))) {
        insert.run(eventId, target.id ?? target.url, clock.now(), clock.now());
      }
      kick();
    },
    stop() {
      stopped = true;
      abort.abort();
      clock.clearTimer(TIMER);
    },
  };
}

function receives(target: WebhookTarget, account: string | undefined): boolean {
  return target.connect === undefined || target.connect === (account !== undefined);
}

function shuffled<Item>(items: readonly Item[]): readonly Item[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((left, right) => left.at - right.at)
    .map(({ item }) => item);
}
