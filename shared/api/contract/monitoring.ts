import * as z from "zod";
import { type FailureQueueName, failureQueueNames } from "../../monitoring/failure-queues.ts";
import { wholeText } from "../fields.ts";
import { bulk, operation, single } from "../operation.ts";

const tag = "Monitoring";
const MAX_HOURS = 168;
const MAX_DEAD_LETTERS = 100;

const count = z.int().min(0);
const seconds = z.number().min(0);
const secondsOrNone = seconds.nullable();
const instant = z.string().meta({ format: "date-time" });

const [firstQueue, ...otherQueues] = failureQueueNames;
if (firstQueue === undefined) throw new Error("there are no failure queues");
const queueName = z.enum([firstQueue, ...otherQueues] satisfies readonly FailureQueueName[], {
  error: `one of ${failureQueueNames.join(", ")}`,
});

const lateness = z.object({
  releases: count.meta({ description: "that were fired by the scheduler" }),
  p50_seconds: secondsOrNone,
  p99_seconds: secondsOrNone,
  max_seconds: secondsOrNone,
});

const point = z.object({
  at: instant.meta({ description: "when the period starts" }),
  releases: count,
  lateness_p50_seconds: secondsOrNone,
  lateness_p99_seconds: secondsOrNone,
  errors: count.meta({ description: "of all functions" }),
});

const monitoring = z
  .object({
    window: z.object({ from: instant, to: instant }),
    lateness: lateness.meta({ description: "between a release's instant and the release; null where there was none" }),
    sweeps: z.object({
      runs: count,
      last_run_at: instant.nullable().meta({ description: "to the minute; null where none ran in the window" }),
      healed: count.meta({ description: "releases and transfers that the sweep found undone" }),
    }),
    queues: z.array(
      z.object({
        name: queueName,
        resource_name: z.string().meta({ description: "of the queue in the account" }),
        holds: z.string(),
        messages: count.meta({ description: "as SQS counts them: about" }),
        oldest_age_seconds: secondsOrNone.meta({
          description: "null where it is empty or CloudWatch doesn't know yet",
        }),
        redrivable: z.boolean(),
        remedy: z.string().meta({ description: "what redriving does, or what heals instead" }),
      }),
    ),
    functions: z.array(
      z.object({
        name: z.string(),
        resource_name: z.string().meta({ description: "of the function in the account" }),
        invocations: count,
        errors: count,
        throttles: count,
        duration_p99_ms: z.number().min(0).nullable(),
      }),
    ),
    counts: z.object({
      circuit_opened: count,
      outcome_unknown: count,
      failed_terminal: count,
      rejected_events: count,
      out_of_band_changes: count,
      workflows_failed: count.meta({ description: "executions of the retry workflow that failed or timed out" }),
    }),
    series: z.object({
      period_seconds: z.int().min(60),
      points: z.array(point).meta({ description: "oldest first, without gaps; the newest is still growing" }),
    }),
  })
  .meta({ id: "Monitoring" });

const deadLetter = z
  .object({
    id: z.string().meta({ description: "SQS's id of the message" }),
    sent_at: instant.meta({ description: "when it came into the queue" }),
    receive_count: count.meta({ description: "how often it was looked at, this time included" }),
    kind: z.enum([
      "refused_event",
      "failed_invocation",
      "undelivered_event",
      "missed_schedule",
      "failed_workflow",
      "stream_position",
      "unreadable",
    ]),
    reason: z.string().nullable().meta({ description: "why it is here, as far as it says" }),
    source: z.string().nullable(),
    detail_type: z.string().nullable(),
    organization_id: z.string().nullable().meta({ description: "whose event it is" }),
    redrivable: z.boolean(),
    not_redrivable_reason: z.string().nullable(),
    body: z.string().meta({ description: "the message as it is, its first 8,000 characters" }),
    body_truncated: z.boolean(),
  })
  .meta({ id: "DeadLetter" });

const idsText = `a list of 1 to ${MAX_DEAD_LETTERS} different ids of messages`;
const messageIds = z
  .array(z.string({ error: idsText }).regex(/^[A-Za-z0-9-]{1,100}$/, { error: idsText }), { error: idsText })
  .min(1, { error: idsText })
  .max(MAX_DEAD_LETTERS, { error: idsText })
  .refine((ids) => new Set(ids).size === ids.length, { error: idsText });

/** The platform itself: for staff of the organization that operates the deployment. */
export const monitoringOperations = {
  getMonitoring: operation({
    method: "GET",
    path: "/v2/monitoring",
    tag,
    summary: "See how the platform does: lateness, sweeps, failure queues, functions",
    description:
      "Facts of the whole deployment, for staff of the organization that operates it. From CloudWatch and SQS: figures of the " +
      "last two minutes may be missing, and what is asked for again within 30 seconds may be answered from memory.",
    access: "payouts.view",
    operatorsOnly: true,
    query: z.strictObject({
      hours: wholeText(1, MAX_HOURS, `a whole number of hours from 1 to ${MAX_HOURS}`)
        .default(24)
        .meta({ param: { type: "integer", minimum: 1, maximum: MAX_HOURS, default: 24 } }),
    }),
    answer: { status: 200, schema: single(monitoring) },
    refusals: ["platform_unavailable"],
  }),
  listDeadLetters: operation({
    method: "GET",
    path: "/v2/monitoring/dead-letters",
    tag,
    summary: "Look at what a failure queue holds, without taking it out",
    description:
      `Up to ${MAX_DEAD_LETTERS} messages, oldest first as far as SQS tells; not always all of them: a message that somebody else is ` +
      "looking at isn't shown. Looking counts as receiving. Each read is on record.",
    access: "payouts.view_sensitive",
    operatorsOnly: true,
    query: z.strictObject({ queue: queueName }),
    answer: {
      status: 200,
      schema: single(
        z.object({
          queue: queueName,
          messages: count.meta({ description: "in the queue, as SQS counts them: about" }),
          dead_letters: z.array(deadLetter).max(MAX_DEAD_LETTERS),
        }),
      ),
    },
    refusals: ["platform_unavailable"],
    recorded: "sensitive_data_read",
  }),
  redriveDeadLetters: operation({
    method: "POST",
    path: "/v2/monitoring/dead-letters/redrive",
    tag,
    summary: "Put events that ended in a failure queue back on the bus",
    description:
      `The messages with the ids, or up to ${MAX_DEAD_LETTERS} as they come. A message leaves the queue after the bus has taken its event; ` +
      "should it be put back twice, it acts once, since every consumer decides by the record it finds. An event keeps the time that it was published at first.",
    access: "config.manage",
    operatorsOnly: true,
    body: z.strictObject({ queue: queueName, ids: messageIds.optional() }),
    answer: {
      status: 207,
      schema: bulk(
        z.object({
          source: z.string(),
          detail_type: z.string(),
          organization_id: z.string().nullable(),
        }),
      ),
    },
    refusals: ["dead_letter_not_redrivable", "platform_unavailable"],
    movesMoney: true,
    guarded: true,
    example: { queue: "rejected-events", ids: ["5a7b1c0e-9b1f-4f2d-8e57-0d9c7f3c2a11"] },
  }),
} as const;
