/** What a failure queue holds, and what a person can do about it. */
export interface FailureQueueFacts {
  readonly holds: string;
  /** Whether its messages can go back on the bus; a single message may still have nothing that could. */
  readonly redrivable: boolean;
  /** What putting a message back does; where that can't be done, what heals instead. */
  readonly remedy: string;
}

const failed = (work: string, again: string): FailureQueueFacts => ({
  holds: `Events on which ${work} failed for good, or that could not be delivered to it`,
  redrivable: true,
  remedy: `Mend the cause, then redrive: ${again}`,
});

/**
 * Every failure queue of a deployment, by its name without the deployment's prefix. A queue that infra makes must have a
 * row here; that all are redriven safely rests on every consumer of the bus deciding by the record it finds.
 */
export const failureQueues = {
  "rejected-events": {
    holds: "Events from outside that can't be used, each with the reason and the field at fault",
    redrivable: true,
    remedy: "Correct the source; redrive what can be used now, such as an event about something that did not exist yet",
  },
  "intake-events-failures": failed("the intake", "what an event says is taken in once, however often it comes"),
  "plan-schedules-failures": failed("planning", "the plan is made to match the record; the sweep needs no plan"),
  "scheduler-failures": {
    holds: "Instants at which EventBridge Scheduler could not put its event on the bus",
    redrivable: true,
    remedy: "Nothing has to be done: the sweep releases what is due. Redriving asks for the release at once",
  },
  "release-due-failures": failed("the release", "what is released already stays as it is; the sweep tries as well"),
  "resume-waiting-failures": failed("resuming", "what still waits for what has come goes on, and nothing else"),
  "sweep-due-failures": {
    holds: "Runs of the sweep that failed for good",
    redrivable: false,
    remedy: "Nothing has to be done: the next run, within five minutes, looks for everything that is due",
  },
  "attempt-transfer-failures": failed("sending", "a transfer is attempted only while it is due, under the same key"),
  "reverse-transfer-failures": failed("reversing", "a reversal is asked for only while it is due, under the same key"),
  "transfer-retry-failures": {
    holds: "Retries of transfers whose workflow failed or could not be started",
    redrivable: true,
    remedy: "Nothing has to be done: the sweep takes the transfer over. Redriving asks for the attempt at once",
  },
  "apply-provider-event-failures": failed("applying", "what a provider's event says is applied once"),
  "write-audit-failures": {
    holds: "Positions in the table's stream whose changes did not reach the audit log",
    redrivable: false,
    remedy:
      "A position is no record: mend the cause and have the stream read again within the 24 hours that it keeps; after that " +
      "the gap in the versions stays visible to verify-audit",
  },
  "relay-changes-failures": {
    holds: "Positions in the table's stream whose changes were not told on the bus",
    redrivable: false,
    remedy:
      "A position is no record: the sweep does what is due without its event, and counters mend themselves with the entity's " +
      "next change; other subscribers read the record",
  },
} as const satisfies Readonly<Record<string, FailureQueueFacts>>;

export type FailureQueueName = keyof typeof failureQueues;
export const failureQueueNames = Object.keys(failureQueues) as readonly FailureQueueName[];
