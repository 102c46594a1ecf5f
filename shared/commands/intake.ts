import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { toInstant } from "../domain/dates.ts";
import { type CommandContext, type Decision, type Refusal, refuse } from "../domain/decision.ts";
import { familyOf } from "../domain/ids.ts";
import type { Payee, PayoutPolicy, Placement, Settings } from "../domain/model.ts";
import { upsertPayee } from "../domain/payee.ts";
import {
  type Activation,
  activatePlacement,
  endPayout,
  endPlacement,
  type PlacementEnd,
  type Signal,
  signalPlacement,
} from "../domain/placement.ts";
import type { InboundDetail, InboundEvent } from "../events/inbound.ts";
import { payeeFactsOf } from "../events/payee-facts.ts";
import { payeeKey, placementKey, settingsKey } from "../store/keys.ts";
import { readCoolingOffHours } from "./payees.ts";
import { readFamily, recordsIn } from "./records.ts";
import type { Releases } from "./releases.ts";
import { decideAndCommit, type Surroundings } from "./run.ts";

export interface IntakeOptions extends Surroundings {
  readonly releases: Releases;
  /** The deployment's policy; an organization's settings and the event's own wishes go over it. */
  readonly defaultPolicy: PayoutPolicy;
}

export interface InboundMeta {
  /** The bus's id of the event. */
  readonly eventId: string;
  readonly source: string;
  /** When the source put it on the bus. */
  readonly time: string;
}

/** `refused`: the event can never be used as it is; a person has to look at it. */
export type IntakeResult = { readonly kind: "done" } | { readonly kind: "refused"; readonly refusal: Refusal };

const DONE: IntakeResult = { kind: "done" };

/** Identifies an activation by what it says, not by when or how often it was sent. */
function contentHash(detail: InboundDetail<"placement.activated">): string {
  const { occurred_at: _when, ...content } = detail;
  return createHash("sha256")
    .update(canonicalize(content) ?? "")
    .digest("hex");
}

/** Turns events from other systems into commits; in any order, any number of times, killed anywhere. */
export function createIntake(options: IntakeOptions) {
  const { store, releases, defaultPolicy } = options;

  function policyFor(detail: InboundDetail<"placement.activated">, settings: Settings | undefined): PayoutPolicy {
    const { policy = {}, guarantee_days: guaranteeDays } = detail;
    return {
      ...defaultPolicy,
      ...settings?.policy,
      ...(guaranteeDays === undefined ? {} : { guaranteeDays }),
      ...(policy.holdback_bp === undefined ? {} : { holdbackBp: policy.holdback_bp }),
      ...(policy.trigger_event === undefined ? {} : { triggerEvent: policy.trigger_event }),
      ...(policy.approval === undefined ? {} : { approval: policy.approval }),
    };
  }

  function settle(decision: Decision<unknown>): IntakeResult {
    return decision.ok ? DONE : { kind: "refused", refusal: decision.refusal };
  }

  async function upsert(
    detail: InboundDetail<"payee.upserted">,
    meta: InboundMeta,
    context: CommandContext,
  ): Promise<IntakeResult> {
    const key = payeeKey(detail.organization_id, detail.payee_id);
    const facts = {
      ...payeeFactsOf(detail),
      organizationId: detail.organization_id,
      sourceTime: toInstant(Date.parse(meta.time)),
    };
    return settle(
      await decideAndCommit(options, async () => {
        const payee = await store.get("payee", key);
        const coolingOffHours = await readCoolingOffHours(store, facts.organizationId, facts.destinations, payee);
        return { decision: upsertPayee(facts, payee, coolingOffHours, context) };
      }),
    );
  }

  async function activate(
    detail: InboundDetail<"placement.activated">,
    context: CommandContext,
  ): Promise<IntakeResult> {
    const { organization_id: organizationId, placement_id: placementId } = detail;
    const facts: Omit<Activation, "policy"> = {
      organizationId,
      placementId,
      companyId: detail.company_id,
      currency: detail.currency,
      feeMinor: detail.fee_amount,
      startDate: detail.start_date,
      payees: detail.payees.map(({ payee_id: payeeId, share_bp: shareBp, amount: amountMinor }) => ({
        payeeId,
        ...(shareBp === undefined ? {} : { shareBp }),
        ...(amountMinor === undefined ? {} : { amountMinor }),
      })),
      contentHash: contentHash(detail),
      ...(detail.policy?.scheduled_date === undefined ? {} : { scheduledDate: detail.policy.scheduled_date }),
    };
    const keys = [
      settingsKey(organizationId),
      placementKey(organizationId, placementId),
      ...facts.payees.map(({ payeeId }) => payeeKey(organizationId, payeeId)),
    ];
    return settle(
      await decideAndCommit(options, async () => {
        const items = await store.getMany(keys);
        const payees = new Map(recordsIn("payee", items).map((payee: Payee) => [payee.id, payee]));
        const placement: Placement | undefined = recordsIn("placement", items)[0];
        const settings = recordsIn("settings", items)[0];
        const activation = { ...facts, policy: policyFor(detail, settings), limits: settings };
        return { decision: activatePlacement(activation, placement, payees, context) };
      }),
    );
  }

  /** Changes the placement, then gives it as it is now; also when it had changed before and only the rest is missing. */
  async function changePlacement(
    ids: { organizationId: string; placementId: string },
    decide: (placement: Placement | undefined) => Decision,
  ): Promise<{ decision: Decision; placement: Placement | undefined }> {
    const key = placementKey(ids.organizationId, ids.placementId);
    const decision = await decideAndCommit(options, async () => ({
      decision: decide(await store.get("placement", key)),
    }));
    return { decision, placement: await store.get("placement", key) };
  }

  async function signal(
    kind: Signal,
    detail: InboundDetail<"placement.contract_signed">,
    meta: InboundMeta,
    context: CommandContext,
  ): Promise<IntakeResult> {
    const ids = { organizationId: detail.organization_id, placementId: detail.placement_id };
    const { decision, placement } = await changePlacement(ids, (current) =>
      signalPlacement(kind, ids, current, context),
    );
    if (!decision.ok) return settle(decision);
    // Over, though its payouts may not be ended yet: that is on its way, and nothing more is sent.
    if (placement === undefined || placement.endedAt !== undefined) return DONE;
    for (const payoutId of placement.payoutIds) {
      const family = await readFamily(store, ids.organizationId, payoutId);
      for (const schedule of family?.schedules ?? []) {
        if (schedule.status !== "pending" || schedule.triggerEvent !== kind || schedule.scheduledDate !== undefined)
          continue;
        // Refused where somebody else was quicker: the schedule has fired, which is what was wanted.
        await releases.fireSchedule({
          organizationId: ids.organizationId,
          scheduleId: schedule.id,
          path: "event",
          actor: context.actor,
          correlationId: meta.eventId,
        });
      }
    }
    return DONE;
  }

  async function end(
    kind: PlacementEnd,
    detail: InboundDetail<"placement.cancelled">,
    context: CommandContext,
  ): Promise<IntakeResult> {
    const ids = { organizationId: detail.organization_id, placementId: detail.placement_id };
    const { decision, placement } = await changePlacement(ids, (current) => endPlacement(kind, ids, current, context));
    if (!decision.ok || placement === undefined) return settle(decision);
    // The first end counts: a guarantee that fails after a cancellation doesn't forfeit what was cancelled.
    const ended: PlacementEnd = placement.status === "guarantee_failed" ? "guarantee_failed" : "cancelled";
    const reason = placement.endReason ?? `placement ${ended}`;
    for (const payoutId of placement.payoutIds) {
      await decideAndCommit(options, async () => {
        const family = await readFamily(store, ids.organizationId, payoutId);
        if (family === undefined) return { decision: refuse("not_found", `no payout ${familyOf(payoutId)}`) };
        return { decision: endPayout(family, ended, reason, context) };
      });
    }
    return DONE;
  }

  return {
    take(event: InboundEvent, meta: InboundMeta): Promise<IntakeResult> {
      const reason = "reason" in event.detail ? event.detail.reason : undefined;
      const context: CommandContext = {
        now: toInstant(options.now()),
        actor: { type: "system", id: meta.source },
        correlationId: meta.eventId,
        ...(reason === undefined ? {} : { reason }),
      };
      switch (event.type) {
        case "payee.upserted":
          return upsert(event.detail, meta, context);
        case "placement.activated":
          return activate(event.detail, context);
        case "placement.contract_signed":
          return signal("contract_signed", event.detail, meta, context);
        case "placement.milestone_reached":
          return signal("milestone_reached", event.detail, meta, context);
        case "placement.cancelled":
          return end("cancelled", event.detail, context);
        case "placement.guarantee_failed":
          return end("guarantee_failed", event.detail, context);
      }
    },
  };
}
