import type { HoldReleaseResult, Releases } from "../../commands/releases.ts";
import type { Surroundings } from "../../commands/run.ts";
import { createSchedulesAndHolds, type HoldState } from "../../commands/schedules-and-holds.ts";
import type { RecordChange } from "../../domain/decision.ts";
import { presentRecord } from "../../events/wire.ts";
import { familyKey, parseFamilyId } from "../../store/keys.ts";
import type { holdOperations } from "../contract/holds.ts";
import { answered, type Handlers, refused } from "../operation.ts";
import { mayUse } from "../scope.ts";
import { presentSending } from "./schedules.ts";

export interface HoldHandlerDeps extends Surroundings {
  readonly releases: Releases;
}

type HoldHandlers = Omit<
  Handlers<typeof holdOperations>,
  "listEscrowHolds" | "exportEscrowHolds" | "getEscrowHoldStats"
>;

function present({ hold, transferStatus }: HoldState) {
  return { data: presentRecord("escrow_hold", hold, transferStatus === undefined ? {} : { transferStatus }) };
}

const bodyOf = (_changes: readonly RecordChange[], state: HoldState) => present(state);

function releasedBody(_changes: readonly RecordChange[], result: HoldReleaseResult) {
  const { record: hold, transferStatus } = result;
  const state = transferStatus === undefined ? { hold } : { hold, transferStatus };
  return { ...present(state), sending: presentSending(result) };
}

/** Escrow holds: what people do with them. Lists, exports and numbers are elsewhere. */
export function createHoldHandlers(deps: HoldHandlerDeps): HoldHandlers {
  const { store, releases } = deps;
  const commands = createSchedulesAndHolds(deps);

  return {
    async getEscrowHold({ caller, params: { id } }) {
      const key = parseFamilyId(id)?.entity === "escrow_hold" ? familyKey(caller.organizationId, id) : undefined;
      const hold = await store.get("escrow_hold", key);
      if (hold === undefined || !mayUse(caller, hold)) return refused("not_found", `no hold ${id}`);
      const { transferId } = hold;
      const transfer =
        transferId === undefined
          ? undefined
          : await store.get("transfer", familyKey(caller.organizationId, transferId));
      return answered(present(transfer === undefined ? { hold } : { hold, transferStatus: transfer.status }));
    },

    createEscrowHold: ({ body, act }) =>
      act(
        (origin) =>
          commands.holdBack({
            ...origin,
            scheduleId: body.from_schedule_id,
            amountMinor: body.amount,
            holdReason: body.hold_reason,
            reason: body.reason,
            releaseDate: body.release_date,
          }),
        bodyOf,
      ),

    async updateEscrowHold({ params: { id: holdId }, body, ifMatch: expectedVersion, act }) {
      if (expectedVersion === undefined) return refused("version_missing");
      const { release_date: releaseDate, hold_reason: holdReason, reason } = body;
      const change = {
        ...(releaseDate === undefined ? {} : { releaseDate }),
        ...(holdReason === undefined ? {} : { holdReason }),
        ...(reason === undefined ? {} : { reason }),
      };
      return act(
        (origin) => commands.changeHold({ ...origin, holdId, expectedVersion, change, ...(reason && { reason }) }),
        bodyOf,
      );
    },

    cancelEscrowHold: ({ params: { id: holdId }, query: { reason }, act }) =>
      act((origin) => commands.cancelHold({ ...origin, holdId, ...(reason && { reason }) }), bodyOf),

    releaseEscrowHold: ({ params: { id: holdId }, body: { amount: amountMinor, notes }, act }) =>
      act(
        (origin) =>
          releases.releaseHold({
            ...origin,
            holdId,
            path: "manual",
            ...(amountMinor === undefined ? {} : { amountMinor }),
            ...(notes === undefined ? {} : { notes }),
          }),
        releasedBody,
      ),

    extendEscrowHold: ({ params: { id: holdId }, body: { release_date: releaseDate, reason }, act }) =>
      act((origin) => commands.extendHold({ ...origin, holdId, releaseDate, reason }), bodyOf),

    forfeitEscrowHold: ({ params: { id: holdId }, body: { reason }, act }) =>
      act((origin) => commands.forfeitHold({ ...origin, holdId, reason }), bodyOf),

    bulkReleaseEscrowHolds: ({ body: { ids, notes }, actOnEach }) =>
      actOnEach(
        ids,
        (holdId, origin) =>
          releases.releaseHold({ ...origin, holdId, path: "manual", ...(notes === undefined ? {} : { notes }) }),
        releasedBody,
      ),

    bulkCancelEscrowHolds: ({ body: { ids, reason }, actOnEach }) =>
      actOnEach(ids, (holdId, origin) => commands.cancelHold({ ...origin, holdId, reason }), bodyOf),
  };
}
