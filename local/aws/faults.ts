import * as z from "zod";

/** A fault to be injected into calls of AWS APIs; give exactly one of `effect` and `error`. */
export const faultRuleSchema = z
  .strictObject({
    service: z.enum([
      "cloudwatch",
      "dynamodb",
      "dynamodbstreams",
      "events",
      "lambda",
      "scheduler",
      "secretsmanager",
      "sqs",
      "states",
    ]),
    /** As the API names it (`TransactWriteItems`); for the scheduler also `fire`. */
    operation: z.string().optional(),
    /** A table's name; only calls whose body names it. */
    table: z.string().optional(),
    functionName: z.string().optional(),
    /** Only calls whose body holds this text. */
    match: z.string().optional(),
    /**
     * `before`, `after`: the connection is reset before or after the call has its effect. `kill`: the calling function's
     * worker ends, before or after the effect as `at` says.
     */
    effect: z.enum(["before", "after", "kill"]).optional(),
    /**
     * `timeout` never answers, before or after the effect as `at` says. `partial` is for PutEvents. `twice`, `late` and `never`
     * are for the scheduler's `fire`.
     */
    error: z.enum(["throttle", "conflict", "internal", "timeout", "partial", "twice", "late", "never"]).optional(),
    at: z.enum(["before", "after"]).default("after"),
    /** How many calls get the fault. */
    count: z.int().positive().default(1),
    /** How many matching calls go through unharmed first. */
    skip: z.int().nonnegative().default(0),
    /** For `partial`: which entries fail; by default every second one, beginning with the first. */
    entries: z.array(z.int().nonnegative()).optional(),
    /** For `late`. */
    delaySeconds: z.number().positive().default(120),
  })
  .refine((rule) => (rule.effect === undefined) !== (rule.error === undefined), {
    error: "give either effect or error",
    path: ["effect"],
  })
  .refine((rule) => rule.error !== "partial" || (rule.service === "events" && rule.operation === "PutEvents"), {
    error: "partial is a fault of events PutEvents",
    path: ["error"],
  })
  .refine(
    (rule) =>
      !["twice", "late", "never"].includes(rule.error ?? "") ||
      (rule.service === "scheduler" && rule.operation === "fire"),
    { error: "this is a fault of scheduler fire", path: ["error"] },
  );

export type FaultRule = z.output<typeof faultRuleSchema>;

export interface FaultSubject {
  readonly service: string;
  readonly operation: string;
  readonly functionName?: string | undefined;
  readonly body: string;
}

export interface ActiveFault {
  readonly id: number;
  readonly rule: FaultRule;
  readonly seen: number;
  readonly injected: number;
}

/** The faults that are switched on. Kept in memory: a restarted host begins without faults. */
export interface FaultRegistry {
  /** Throws a ZodError naming the wrong member. */
  add(rule: unknown): number;
  remove(id: number): boolean;
  clear(): void;
  list(): readonly ActiveFault[];
  /** The fault for this call, counted as injected; the oldest rule that matches and isn't used up. */
  take(subject: FaultSubject): FaultRule | undefined;
}

export function createFaultRegistry(): FaultRegistry {
  const active = new Map<number, { -readonly [K in keyof ActiveFault]: ActiveFault[K] }>();
  let lastId = 0;
  return {
    add(rule) {
      lastId += 1;
      active.set(lastId, { id: lastId, rule: faultRuleSchema.parse(rule), seen: 0, injected: 0 });
      return lastId;
    },
    remove: (id) => active.delete(id),
    clear: () => active.clear(),
    list: () => [...active.values()].map((fault) => ({ ...fault })),
    take(subject) {
      for (const fault of active.values()) {
        if (fault.injected >= fault.rule.count || !applies(fault.rule, subject)) continue;
        fault.seen += 1;
        if (fault.seen <= fault.rule.skip) continue;
        fault.injected += 1;
        return fault.rule;
      }
      return undefined;
    },
  };
}

function applies(rule: FaultRule, subject: FaultSubject): boolean {
  return (
    rule.service === subject.service &&
    // Firing isn't an API call: only a rule that names it is meant.
    (rule.operation === undefined ? subject.operation !== "fire" : rule.operation === subject.operation) &&
    (rule.functionName === undefined || rule.functionName === subject.functionName) &&
    (rule.match === undefined || subject.body.includes(rule.match)) &&
    (rule.table === undefined || namesTable(subject.body, rule.table))
  );
}

/** A table's name is a JSON text, or stands in escaped quotes within a PartiQL statement. */
function namesTable(body: string, table: string): boolean {
  return body.includes(`"${table}"`) || body.includes(`"${table}\\"`);
}
