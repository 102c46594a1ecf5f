import * as z from "zod";
import { isTimeZone, toInstant } from "../domain/dates.ts";
import { accept, amend, type CommandContext, changeOf, create, type Decision, refuse } from "../domain/decision.ts";
import type { PayoutPolicy, SendingControl } from "../domain/model.ts";
import { MAX_AMOUNT_MINOR } from "../domain/money.ts";
import { approvePayout, rejectPayout } from "../domain/payout.ts";
import { currentDestination } from "../domain/release.ts";
import { PLATFORM, payeeKey, sendingControlKey, settingsKey } from "../store/keys.ts";
import { readFamily } from "./records.ts";
import type { Releases } from "./releases.ts";
import { decideAndCommit, type Surroundings } from "./run.ts";

const organizationId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/)
  .refine((id) => id !== PLATFORM);
const id = z.string().min(4).max(40);
const by = z.string().min(1).max(128);
const reason = z.string().min(1).max(500);

const policySchema = z.strictObject({
  holdback_bp: z.int().min(0).max(10_000).optional(),
  guarantee_days: z.int().min(0).max(3_650).optional(),
  trigger_event: z.enum(["guarantee_period_end", "milestone_reached", "contract_signed", "manual"]).optional(),
  approval: z.enum(["auto", "manual"]).optional(),
  time_zone: z.string().refine(isTimeZone, { error: "not an IANA time zone" }).optional(),
});

/** What an operator may do by invoking the command function; the caller's right to do so is an IAM permission. */
export const operatorCommandSchema = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("approve_payout"), organization_id: organizationId, payout_id: id, by }),
  z.strictObject({ command: z.literal("reject_payout"), organization_id: organizationId, payout_id: id, by, reason }),
  z.strictObject({
    command: z.literal("release_hold"),
    organization_id: organizationId,
    hold_id: id,
    by,
    amount: z.int().min(1).max(MAX_AMOUNT_MINOR).optional(),
    notes: z.string().max(500).optional(),
  }),
  z.strictObject({ command: z.literal("trigger_schedule"), organization_id: organizationId, schedule_id: id, by }),
  z.strictObject({ command: z.literal("retry_transfer"), organization_id: organizationId, transfer_id: id, by }),
  z.strictObject({ command: z.literal("set_policy"), organization_id: organizationId, by, policy: policySchema }),
  z.strictObject({ command: z.literal("pause_sending"), control: z.enum(["all", "stripe"]), by, reason }),
  z.strictObject({ command: z.literal("resume_sending"), control: z.enum(["all", "stripe"]), by }),
]);
export type OperatorCommand = z.infer<typeof operatorCommandSchema>;

export interface OperatorOptions extends Surroundings {
  readonly releases: Releases;
}

function policyOf(wire: z.infer<typeof policySchema>): Partial<PayoutPolicy> {
  return {
    ...(wire.holdback_bp === undefined ? {} : { holdbackBp: wire.holdback_bp }),
    ...(wire.guarantee_days === undefined ? {} : { guaranteeDays: wire.guarantee_days }),
    ...(wire.trigger_event === undefined ? {} : { triggerEvent: wire.trigger_event }),
    ...(wire.approval === undefined ? {} : { approval: wire.approval }),
    ...(wire.time_zone === undefined ? {} : { timeZone: wire.time_zone }),
  };
}

/** Pausing wins over everything; resuming also closes a tripped circuit. */
function setControl(
  control: SendingControl | undefined,
  controlId: "all" | "stripe",
  status: "open" | "paused",
  context: CommandContext,
): Decision<unknown> {
  const action = status === "paused" ? "sending_control.paused" : "sending_control.resumed";
  if (control === undefined) {
    if (status === "open") return accept([], undefined);
    const body = {
      id: controlId,
      organizationId: PLATFORM,
      status,
      ...(context.reason === undefined ? {} : { reason: context.reason }),
    };
    return accept([changeOf("sending_control", create("sending_control", body, action, context))], undefined);
  }
  if (control.status === status) return accept([], undefined);
  const after = amend(
    "sending_control",
    control,
    { status, reason: context.reason, probeAt: undefined },
    action,
    context,
  );
  return accept([changeOf("sending_control", after, control)], undefined);
}

/** The operators' commands. They go through the same decisions as everything else. */
export function createOperator(options: OperatorOptions) {
  const { store, releases } = options;

  function contextFor(command: OperatorCommand, correlationId: string): CommandContext {
    return {
      now: toInstant(options.now()),
      actor: { type: "user", id: command.by, role: "operator" },
      correlationId,
      ...("reason" in command ? { reason: command.reason } : {}),
    };
  }

  return {
    async run(command: OperatorCommand, correlationId: string): Promise<Decision<unknown>> {
      const context = contextFor(command, correlationId);
      const origin = { actor: context.actor, correlationId };
      switch (command.command) {
        case "approve_payout":
        case "reject_payout":
          return decideAndCommit<unknown>(options, async () => {
            const family = await readFamily(store, command.organization_id, command.payout_id);
            if (family === undefined) return { decision: refuse("not_found", `no payout ${command.payout_id}`) };
            if (command.command === "reject_payout") return { decision: rejectPayout(family, command.reason, context) };
            const payee = await store.get("payee", payeeKey(command.organization_id, family.payout.payeeId));
            return { decision: approvePayout(family.payout, currentDestination(payee), context) };
          });
        case "release_hold":
          return releases.releaseHold({
            ...origin,
            organizationId: command.organization_id,
            holdId: command.hold_id,
            path: "manual",
            ...(command.amount === undefined ? {} : { amountMinor: command.amount }),
            ...(command.notes === undefined ? {} : { notes: command.notes }),
          });
        case "trigger_schedule":
          return releases.fireSchedule({
            ...origin,
            organizationId: command.organization_id,
            scheduleId: command.schedule_id,
            path: "manual",
          });
        case "retry_transfer":
          return releases.retryTransfer({
            ...origin,
            organizationId: command.organization_id,
            transferId: command.transfer_id,
          });
        case "set_policy":
          return decideAndCommit<unknown>(options, async () => {
            const key = settingsKey(command.organization_id);
            const settings = await store.get("settings", key);
            const policy = { ...settings?.policy, ...policyOf(command.policy) };
            const body = { id: "settings" as const, organizationId: command.organization_id, policy };
            const change =
              settings === undefined
                ? changeOf("settings", create("settings", body, "settings.updated", context))
                : changeOf("settings", amend("settings", settings, { policy }, "settings.updated", context), settings);
            return { decision: accept([change], undefined) };
          });
        case "pause_sending":
        case "resume_sending":
          return decideAndCommit<unknown>(options, async () => {
            const control = await store.get("sending_control", sendingControlKey(command.control));
            const status = command.command === "pause_sending" ? "paused" : "open";
            return { decision: setControl(control, command.control, status, context) };
          });
      }
    },
  };
}
