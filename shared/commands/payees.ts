import { DEFAULT_COOLING_OFF_HOURS } from "../access/limits.ts";
import { type Decision, refuse } from "../domain/decision.ts";
import type { Destination, Payee } from "../domain/model.ts";
import {
  changesDestinations,
  correctPayee,
  createPayee,
  type PayeeCorrection,
  type PayeeFacts,
} from "../domain/payee.ts";
import { payeeKey, settingsKey } from "../store/keys.ts";
import type { Store } from "../store/store.ts";
import { type CommandOrigin, contextOf } from "./origin.ts";
import { decideAndCommit, type Surroundings } from "./run.ts";

/** How long new destinations have to wait; the settings are read only where they matter. */
export async function readCoolingOffHours(
  store: Store,
  organizationId: string,
  destinations: readonly Destination[],
  payee: Payee | undefined,
): Promise<number> {
  if (!changesDestinations(destinations, payee)) return 0;
  const settings = await store.get("settings", settingsKey(organizationId));
  return settings?.coolingOffHours ?? DEFAULT_COOLING_OFF_HOURS;
}

export interface PayeeCreationCommand extends CommandOrigin {
  readonly facts: Omit<PayeeFacts, "organizationId" | "sourceTime">;
}

export interface PayeeCorrectionCommand extends CommandOrigin {
  readonly payeeId: string;
  readonly correction: PayeeCorrection;
  /** The version that the person has seen. */
  readonly expectedVersion: number;
}

export type Payees = ReturnType<typeof createPayees>;

/** What people do with payees; what other systems say of them comes over the bus. */
export function createPayees(surroundings: Surroundings) {
  const { store, now } = surroundings;

  return {
    /** Refused where the id is taken. */
    createPayee: (command: PayeeCreationCommand): Promise<Decision<Payee>> =>
      decideAndCommit(
        surroundings,
        async () => {
          const { organizationId, facts } = command;
          const context = contextOf(command, now());
          const payee = await store.get("payee", payeeKey(organizationId, facts.id));
          return { decision: createPayee({ ...facts, organizationId, sourceTime: context.now }, payee, context) };
        },
        command.receipt,
      ),

    /** Corrects fields or destinations; refused where somebody has changed the payee since the person looked. */
    correctPayee: (command: PayeeCorrectionCommand): Promise<Decision<Payee>> =>
      decideAndCommit(
        surroundings,
        async () => {
          const { organizationId, payeeId, correction, expectedVersion } = command;
          const payee = await store.get("payee", payeeKey(organizationId, payeeId));
          if (payee === undefined) return { decision: refuse("not_found", `no payee ${payeeId}`) };
          if (payee.version !== expectedVersion) {
            const message = `payee ${payeeId} has version ${payee.version}, not ${expectedVersion}`;
            return { decision: refuse("version_mismatch", message) };
          }
          const destinations = correction.destinations ?? payee.destinations;
          const hours = await readCoolingOffHours(store, organizationId, destinations, payee);
          return { decision: correctPayee(payee, correction, hours, contextOf(command, now())) };
        },
        command.receipt,
      ),
  };
}
