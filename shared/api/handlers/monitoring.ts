import type { OperatorVigilance } from "../../access/vigilance.ts";
import { decideAndCommit, type Surroundings } from "../../commands/run.ts";
import { toInstant } from "../../domain/dates.ts";
import type { DeadLetter, DeadLetterQueue } from "../../monitoring/dead-letters.ts";
import { type FailureQueueName, failureQueueNames, failureQueues } from "../../monitoring/failure-queues.ts";
import type { Figures, LatenessFigures } from "../../monitoring/figures.ts";
import { type KeptEvent, organizationOf } from "../../monitoring/kept-message.ts";
import { PlatformUnavailable } from "../../monitoring/platform-services.ts";
import type { Redrive } from "../../monitoring/redrive.ts";
import { logger } from "../../runtime/logger.ts";
import type { monitoringOperations } from "../contract/monitoring.ts";
import { answered, type Handlers, refused } from "../operation.ts";

export interface MonitoringHandlerDeps {
  readonly world: Surroundings;
  /** Of the last hours, as of an instant in epoch milliseconds. */
  readonly readFigures: (hours: number, nowMs: number) => Promise<Figures>;
  readonly queueOf: (name: FailureQueueName) => DeadLetterQueue;
  readonly redrive: Redrive;
  readonly vigilance: Pick<OperatorVigilance, "redriven">;
  /** The name in the account of a function or a queue: with the deployment's prefix. */
  readonly resourceName: (name: string) => string;
}

const MAX_DEAD_LETTERS = 100;
const MAX_BODY_CHARACTERS = 8_000;
/** Hidden from other readers while the queue is being read; given back right after. */
const LOOK_SECONDS = 20;
/** Longer than an invocation lasts: nobody else gets what is being put back. */
const REDRIVE_SECONDS = 60;
/** Among so many, those with the ids wanted are looked for. */
const MAX_SEARCHED = 500;
/** Each figure that CloudWatch is asked for is billed, and its finest period is a minute. */
const REMEMBERED_MS = 30_000;

export function createMonitoringHandlers(deps: MonitoringHandlerDeps): Handlers<typeof monitoringOperations> {
  const { world, queueOf, redrive, vigilance, resourceName } = deps;
  const remembered = new Map<number, { readonly figures: Figures; readonly atMs: number }>();

  async function figuresOf(hours: number): Promise<{ readonly figures: Figures; readonly atMs: number }> {
    const atMs = world.now();
    const known = remembered.get(hours);
    if (known !== undefined && atMs >= known.atMs && atMs - known.atMs < REMEMBERED_MS) return known;
    const read = { figures: await deps.readFigures(hours, atMs), atMs };
    remembered.set(hours, read);
    return read;
  }

  /** Nothing depends on it: what isn't given back comes back by itself. */
  async function giveBack(queue: DeadLetterQueue, letters: Iterable<DeadLetter>): Promise<void> {
    try {
      await queue.giveBack([...letters]);
    } catch (error) {
      logger.warn("dead letters stay hidden for a while", { error: error as Error });
    }
  }

  return {
    async getMonitoring({ query: { hours } }) {
      const [{ figures, atMs }, messages] = await Promise.all([
        figuresOf(hours),
        Promise.all(failureQueueNames.map((name) => queueOf(name).messages())),
      ]);
      const queues = failureQueueNames.map((name, index) => ({
        name,
        resource_name: resourceName(name),
        ...failureQueues[name],
        messages: messages[index] ?? 0,
        oldest_age_seconds: messages[index] ? (figures.oldestAges.get(name) ?? null) : null,
      }));
      return answered({ data: { ...presentFigures(figures, atMs, resourceName), queues } });
    },

    async listDeadLetters({ query: { queue: name } }) {
      const queue = queueOf(name);
      const messages = await queue.messages();
      const found = await queue.receive({ maximum: MAX_DEAD_LETTERS, hiddenSeconds: LOOK_SECONDS, expected: messages });
      await giveBack(queue, found.values());
      const letters = [...found.values()].toSorted((a, b) => a.sentMs - b.sentMs).slice(0, MAX_DEAD_LETTERS);
      return answered({
        data: {
          queue: name,
          messages: Math.max(messages, found.size),
          dead_letters: letters.map((letter) => presentLetter(name, letter)),
        },
      });
    },

    /**
     * Each message for itself: on record first, then on the bus, then its receipt, then out of the queue. Ended anywhere in
     * between, the message is still there, and putting it back once more changes nothing that it has changed already.
     */
    async redriveDeadLetters({ operationId, body: { queue: name, ids }, caller, requestId, actOnEach }) {
      if (!failureQueues[name].redrivable) {
        return refused("dead_letter_not_redrivable", `${name}: ${failureQueues[name].remedy}`, "queue");
      }
      const queue = queueOf(name);
      const letters = await queue.receive({
        hiddenSeconds: REDRIVE_SECONDS,
        ...(ids === undefined ? { maximum: MAX_DEAD_LETTERS } : { maximum: MAX_SEARCHED, wanted: new Set(ids) }),
      });
      const left = new Map(letters);
      let outage: PlatformUnavailable | undefined;

      async function publish(event: KeptEvent): Promise<void> {
        // The bus was asked several times over: no need to keep the caller waiting for each of the others as well.
        if (outage !== undefined) throw outage;
        try {
          await redrive(event);
        } catch (error) {
          if (error instanceof PlatformUnavailable) outage = error;
          throw error;
        }
      }

      async function takeOut(letter: DeadLetter): Promise<void> {
        left.delete(letter.id);
        try {
          await queue.remove(letter);
        } catch (error) {
          logger.warn("a dead letter was put back and stays in its queue", { id: letter.id, error: error as Error });
        }
      }

      try {
        return await actOnEach<KeptEvent>(
          ids ?? [...letters.keys()].slice(0, MAX_DEAD_LETTERS),
          async (id, origin) => {
            const letter = letters.get(id);
            if (letter === undefined)
              return refused("not_found", `${id} is not in ${name}, or in somebody else's hands`);
            const { event, obstacle } = letter.kept;
            if (event === undefined) return refused("dead_letter_not_redrivable", `${id}: ${obstacle}`);
            if (outage !== undefined) throw outage;
            const detail = `${name}: ${event.source} ${event.detailType} of ${organizationOf(event) ?? "no organization"}`;
            const { organizationId, subject, role, sourceIp } = caller;
            const observed = {
              organizationId,
              subject,
              role,
              sourceIp,
              operation: operationId,
              requestId,
              entityId: id,
            };
            await vigilance.redriven(observed, detail);
            await publish(event);
            const done = { ok: true, changes: [], value: event } as const;
            const decision = await decideAndCommit<KeptEvent>(world, async () => ({ decision: done }), origin.receipt);
            await takeOut(letter);
            return decision;
          },
          (_changes, event) => ({
            source: event.source,
            detail_type: event.detailType,
            organization_id: organizationOf(event) ?? null,
          }),
          ids === undefined ? {} : undefined,
        );
      } finally {
        await giveBack(queue, left.values());
      }
    },
  };
}

function presentLateness({ releases, p50Seconds, p99Seconds }: LatenessFigures) {
  return { releases, p50_seconds: p50Seconds ?? null, p99_seconds: p99Seconds ?? null };
}

function presentFigures(figures: Figures, atMs: number, resourceName: (name: string) => string) {
  const { span, lateness, sweeps, counts, periodSeconds, points } = figures;
  return {
    window: { from: toInstant(span.fromMs), to: toInstant(atMs) },
    lateness: { ...presentLateness(lateness), max_seconds: lateness.maxSeconds ?? null },
    sweeps: {
      runs: sweeps.runs,
      last_run_at: sweeps.lastRunMs === undefined ? null : toInstant(sweeps.lastRunMs),
      healed: sweeps.healed,
    },
    functions: [...figures.functions].map(([name, { invocations, errors, throttles, durationP99Ms }]) => ({
      ...{ name, resource_name: resourceName(name), invocations, errors, throttles },
      duration_p99_ms: durationP99Ms ?? null,
    })),
    counts: {
      circuit_opened: counts.circuitOpened,
      outcome_unknown: counts.outcomeUnknown,
      failed_terminal: counts.failedTerminal,
      rejected_events: counts.rejectedEvents,
      out_of_band_changes: counts.outOfBandChanges,
      workflows_failed: counts.workflowsFailed,
    },
    series: {
      period_seconds: periodSeconds,
      points: points.map(({ atMs: pointMs, releases, p50Seconds, p99Seconds, errors }) => ({
        at: toInstant(pointMs),
        releases,
        lateness_p50_seconds: p50Seconds ?? null,
        lateness_p99_seconds: p99Seconds ?? null,
        errors,
      })),
    },
  };
}

function presentLetter(queue: FailureQueueName, { id, body, sentMs, receiveCount, kept }: DeadLetter) {
  const { kind, reason, event } = kept;
  const obstacle = event === undefined ? (kept.obstacle ?? null) : null;
  const notRedrivable = failureQueues[queue].redrivable ? obstacle : (obstacle ?? failureQueues[queue].remedy);
  return {
    ...{ id, sent_at: toInstant(sentMs), receive_count: receiveCount, kind, reason: reason ?? null },
    source: event?.source ?? null,
    detail_type: event?.detailType ?? null,
    organization_id: event === undefined ? null : (organizationOf(event) ?? null),
    redrivable: notRedrivable === null,
    not_redrivable_reason: notRedrivable,
    body: body.slice(0, MAX_BODY_CHARACTERS),
    body_truncated: body.length > MAX_BODY_CHARACTERS,
  };
}
