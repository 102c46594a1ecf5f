/** Bodies that the control endpoint takes, and how a wrong one is answered. */
import { Temporal } from "temporal-polyfill";
import * as z from "zod";
import { organizationId } from "../../shared/events/inbound.ts";

/** Ten years: a slip of the keyboard should not make every later run wait for the year 20260. */
const MAXIMUM_MOVE_MS = 3660 * 86_400_000;

const duration = z.string().transform((text, context) => {
  try {
    return Temporal.Duration.from(text);
  } catch {
    context.addIssue({ code: "custom", message: "not an ISO 8601 duration, such as P90D or PT1H" });
    return z.NEVER;
  }
});

export const clockInput = z.union([
  z.strictObject({ advance: duration }),
  z.strictObject({ to: z.iso.datetime({ offset: true }) }),
]);

/** The instant to move to, in epoch milliseconds. Throws `BadInput` when it is in the past or too far away. */
export function clockTarget(input: z.infer<typeof clockInput>, nowMs: number): number {
  const field = "to" in input ? "to" : "advance";
  const targetMs =
    "to" in input
      ? Date.parse(input.to)
      : Temporal.Instant.fromEpochMilliseconds(Math.floor(nowMs)).toZonedDateTimeISO("UTC").add(input.advance)
          .epochMilliseconds;
  if (targetMs < Math.floor(nowMs)) throw new BadInput("the clock doesn't go back", field);
  if (targetMs - nowMs > MAXIMUM_MOVE_MS) throw new BadInput("at most ten years at once", field);
  return targetMs;
}

export const tokenInput = z.strictObject({
  role: z.string().min(1).optional(),
  sub: z.string().min(1),
  organizationId: z.string().min(1).optional(),
  /** Of the roles payee and company: which one the person is. */
  scopeId: z.string().min(1).optional(),
  claims: z.record(z.string(), z.unknown()).optional(),
  expiresInSeconds: z.int().min(1).max(31_536_000).optional(),
});

export const demoDataInput = z.strictObject({ organizationId: organizationId.default("acme") });

const count = z.int().positive().optional();

export const busFaultInput = z.strictObject({
  detailType: z.string().optional(),
  duplicates: z.int().min(1).max(100).optional(),
  shuffle: z.boolean().optional(),
  delaySeconds: z.number().positive().optional(),
  count,
});

export const streamFaultInput = z.strictObject({
  functionName: z.string().optional(),
  redeliver: z.boolean().optional(),
  halves: z.boolean().optional(),
  count,
});

/** Input that is refused with the field at fault. */
export class BadInput extends Error {
  override readonly name = "BadInput";
  readonly field: string;

  constructor(message: string, field: string) {
    super(message);
    this.field = field;
  }
}

/** Parses a body as JSON of the schema. Throws `BadInput`. */
export function parseInput<T extends z.ZodType>(schema: T, body: string): z.infer<T> {
  let value: unknown;
  try {
    value = JSON.parse(body === "" ? "{}" : body);
  } catch {
    throw new BadInput("the body is not JSON", "");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badInputOf(parsed.error);
}

/** The first issue, looked up inside of a union's best branch. */
export function badInputOf(error: z.ZodError, prefix: readonly PropertyKey[] = []): BadInput {
  let issue = error.issues[0];
  while (issue?.code === "invalid_union") {
    const branches = issue.errors.toSorted((a, b) => a.length - b.length);
    const inner =
      branches.find((issues) => issues[0]?.code === "custom" || issues[0]?.code === "invalid_format") ?? branches[0];
    if (inner?.[0] === undefined) break;
    issue = inner[0];
  }
  const keys = issue?.code === "unrecognized_keys" ? [issue.keys[0] ?? ""] : [];
  return new BadInput(issue?.message ?? "wrong", [...prefix, ...(issue?.path ?? []), ...keys].map(String).join("."));
}
