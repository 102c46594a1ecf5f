import { ulid } from "ulid";
import { type Decision, refuse } from "../domain/decision.ts";
import { familyOfUlid } from "../domain/ids.ts";
import type { Payout, PayoutPolicy } from "../domain/model.ts";
import type { Family } from "../domain/payout.ts";
import { approvePayout, rejectPayout } from "../domain/payout-approval.ts";
import { cancelPayout, markFailed, markPaid, type OutsidePayment, retryPayout } from "../domain/payout-end.ts";
import { createManualPayout, type ManualPayout, notePayout } from "../domain/payout-manual.ts";
import { currentDestination } from "../domain/release.ts";
import { approverUsageKey, familyKey, payeeKey, settingsKey } from "../store/keys.ts";
import type { Store } from "../store/store.ts";
import { type CommandOrigin, contextOf } from "./origin.ts";
import { payoutIdFor, readFamily, recordsIn } from "./records.ts";
import { decideAndCommit, type Surroundings } from "./run.ts";

export interface PayoutsOptions extends Surroundings {
  /** The deployment's policy; an organization's settings go over it. */
  readonly defaultPolicy: PayoutPolicy;
}

export interface PayoutCommand extends CommandOrigin {
  readonly payoutId: string;
}

/** A command whose reason stays in the payout. */
export interface ReasonedPayoutCommand extends PayoutCommand {
  readonly reason: string;
}

export interface PayoutCreation extends CommandOrigin {
  readonly payout: Omit<ManualPayout, "organizationId">;
}

export interface PayoutPayment extends PayoutCommand {
  readonly payment: OutsidePayment;
}

export interface PayoutNoting extends PayoutCommand {
  /** Absent: they are removed. */
  readonly notes: string | undefined;
  readonly expectedVersion: number;
}

export type Payouts = ReturnType<typeof createPayouts>;

/** One payout by its own id; an id of one of its parts finds nothing. */
export async function readPayout(store: Store, organizationId: string, id: string): Promise<Payout | undefined> {
  return payoutIdFor(id) === id ? store.get("payout", familyKey(organizationId, id)) : undefined;
}

const absent = (id: string) => refuse("not_found", `no payout ${id}`);

/** What people decide about whole payouts. Each answers with the payout as it stands afterwards. */
export function createPayouts(options: PayoutsOptions) {
  const { store, defaultPolicy } = options;

  /** The payee of a payout and the organization's settings, as they are now. */
  async function readAround({ organizationId, payeeId }: Pick<Payout, "organizationId" | "payeeId">) {
    const items = await store.getMany([payeeKey(organizationId, payeeId), settingsKey(organizationId)]);
    return { payee: recordsIn("payee", items)[0], settings: recordsIn("settings", items)[0] };
  }

  function contextNow(origin: CommandOrigin) {
    return contextOf(origin, options.now());
  }

  /** Decides about one payout as it is read, with whatever else `decide` reads; again where somebody was quicker. */
  function decideOn<Command extends PayoutCommand>(
    command: Command,
    decide: (payout: Payout, command: Command) => Promise<Decision<Payout>> | Decision<Payout>,
  ): Promise<Decision<Payout>> {
    const { organizationId, payoutId, receipt } = command;
    const plan = async () => {
      const payout = await readPayout(store, organizationId, payoutId);
      const decision = payout === undefined ? absent(payoutId) : await decide(payout, command);
      return { decision };
    };
    return decideAndCommit(options, plan, receipt);
  }

  /** The same about a payout with all its parts. */
  function decideOnFamily<Command extends PayoutCommand>(
    command: Command,
    decide: (family: Required<Family>, command: Command) => Promise<Decision<Payout>> | Decision<Payout>,
  ): Promise<Decision<Payout>> {
    const { organizationId, payoutId, receipt } = command;
    const plan = async () => {
      const known = payoutIdFor(payoutId) === payoutId;
      const family = known ? await readFamily(store, organizationId, payoutId) : undefined;
      const decision = family === undefined ? absent(payoutId) : await decide(family, command);
      return { decision };
    };
    return decideAndCommit(options, plan, receipt);
  }

  return {
    /** A payout for which there is no event; it waits for the approval of somebody else. */
    create(command: PayoutCreation): Promise<Decision<Payout>> {
      const plan = async () => {
        const wish = { ...command.payout, organizationId: command.organizationId };
        const { payee, settings } = await readAround(wish);
        const family = familyOfUlid(ulid(options.now(), options.random));
        const policy = { ...defaultPolicy, ...settings?.policy };
        const decision = createManualPayout(wish, { family, payee, settings, policy }, contextNow(command));
        return { decision };
      };
      return decideAndCommit(options, plan, command.receipt);
    },

    note: (noting: PayoutNoting) =>
      decideOn(noting, (payout, command) => notePayout(payout, command, contextNow(command))),

    /** One person's approval: of two, the first is only noted. Counts against what the person may approve in 24 h. */
    approve: (approval: PayoutCommand) =>
      decideOn(approval, async (payout, command) => {
        const usageId = `${command.actor.id}#${payout.currency}`;
        const [{ payee, settings }, usage] = await Promise.all([
          readAround(payout),
          store.get("approver_usage", approverUsageKey(payout.organizationId, usageId)),
        ]);
        const around = { destination: currentDestination(payee), settings, usage };
        return approvePayout(payout, around, contextNow(command));
      }),

    reject: (rejection: ReasonedPayoutCommand) =>
      decideOnFamily(rejection, (family, command) => rejectPayout(family, command.reason, contextNow(command))),

    cancel: (cancellation: ReasonedPayoutCommand) =>
      decideOnFamily(cancellation, (family, command) => cancelPayout(family, command.reason, contextNow(command))),

    /** Records that a person has paid what is payable by other means. */
    markPaid: (payment: PayoutPayment) =>
      decideOnFamily(payment, async (family, command) => {
        const { settings } = await readAround(family.payout);
        return markPaid(family, command.payment, settings, contextNow(command));
      }),

    /** Stops a payout until it is retried. */
    markFailed: (failure: ReasonedPayoutCommand) =>
      decideOnFamily(failure, (family, command) => markFailed(family, command.reason, contextNow(command))),

    /** Sends again what failed. */
    retry: (retry: PayoutCommand) =>
      decideOnFamily(retry, async (family, command) =>
        retryPayout(family, await readAround(family.payout), contextNow(command)),
      ),
  };
}
