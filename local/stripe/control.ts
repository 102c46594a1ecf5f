import type { HostContext } from "../contracts.ts";
import { inTransaction } from "../database.ts";
import { type AccountChange, type AccountStore, transfersActive } from "./accounts.ts";
import type { ApiKeyStatus, ApiKeys } from "./api-keys.ts";
import { type Balances, PLATFORM } from "./balances.ts";
import type { StripeBooks } from "./books.ts";
import type { FaultRule, FaultStore } from "./faults.ts";
import type { SettingsStore, StripeSettings, StripeSettingsPatch } from "./settings.ts";
import { accountObject, balanceObject, transfersCapabilityObject } from "./stripe-objects.ts";
import type { Deliveries, DeliveryState, WebhookTarget } from "./webhook-deliveries.ts";
import type { EventInput, EventLog } from "./webhook-events.ts";
import type { RollSecretOptions, WebhookSecrets } from "./webhook-secrets.ts";

interface Money {
  readonly currency: string;
  /** Minor units. */
  readonly amount: number;
}

/** What nobody can do over Stripe's API: the test's and the console's side of the simulation. */
export interface StripeControl {
  balance(currency: string): number;
  /** Silent, unlike `topUp`. */
  setBalance(money: Money): void;
  /** Adds funds and sends `balance.available`. */
  topUp(money: Money): void;
  /** Sends `account.updated`, and `capability.updated` when the transfers capability changed. */
  setAccount(id: string, change: AccountChange): void;
  setApiKey(key: string, status: ApiKeyStatus): void;
  addFault(rule: FaultRule): { readonly id: number };
  faults(): ReturnType<FaultStore["list"]>;
  clearFaults(): void;
  /** From now on the new secret signs, and until the roll ends the previous one too. */
  rollWebhookSecret(options: RollSecretOptions): { readonly secret: string };
  settings(): StripeSettings;
  updateSettings(patch: StripeSettingsPatch): StripeSettings;
  books(): StripeBooks;
  deliveries(): readonly DeliveryState[];
  /** Delivers an event once more to every target. */
  resendEvent(eventId: string): void;
  /** Sends any event, correctly signed; for objects that nobody knows. Gives its id. */
  emitEvent(input: EventInput): { readonly id: string };
}

export function createControl(deps: {
  readonly context: HostContext;
  readonly accounts: AccountStore;
  readonly apiKeys: ApiKeys;
  readonly balances: Balances;
  readonly books: () => StripeBooks;
  readonly deliveries: Deliveries;
  readonly events: EventLog;
  readonly faults: FaultStore;
  readonly secrets: WebhookSecrets;
  readonly settings: SettingsStore;
  readonly targets: () => readonly WebhookTarget[];
}): StripeControl {
  const { accounts, apiKeys, balances, books, deliveries, events, faults, secrets, settings, targets } = deps;
  const { db } = deps.context;

  /** Nothing is sent for what was not committed. */
  function sending<T>(work: () => T): T {
    const result = inTransaction(db, work);
    deliveries.kick();
    return result;
  }

  function setAccount(id: string, change: AccountChange): void {
    sending(() => {
      const { before, after } = accounts.change(id, change);
      const [was, is] = [accountObject(before), accountObject(after)];
      if (JSON.stringify(was) !== JSON.stringify(is)) {
        const previousAttributes = {
          capabilities: was.capabilities,
          payouts_enabled: was.payouts_enabled,
          requirements: was.requirements,
        };
        events.emit({ type: "account.updated", object: is, previousAttributes, account: id });
      } else if (before.problem !== after.problem) {
        // A bank account that was repaired changes nothing that the object shows.
        events.emit({ type: "account.updated", object: is, previousAttributes: {}, account: id });
      }
      if (transfersActive(before) !== transfersActive(after)) {
        const previousAttributes = { status: transfersCapabilityObject(before).status };
        events.emit({
          type: "capability.updated",
          object: transfersCapabilityObject(after),
          previousAttributes,
          account: id,
        });
      }
    });
  }

  return {
    balance: (currency) => balances.get(PLATFORM, currency),
    setBalance: ({ currency, amount }) => balances.set(PLATFORM, currency, amount),
    topUp({ currency, amount }) {
      sending(() => {
        balances.add(PLATFORM, currency, amount);
        events.emit({ type: "balance.available", object: balanceObject(balances.list(PLATFORM)) });
      });
    },
    setAccount,
    setApiKey: apiKeys.set,
    addFault: (rule) => ({ id: faults.add(rule) }),
    faults: faults.list,
    clearFaults: faults.clear,
    rollWebhookSecret(options) {
      const target = targets().find(({ id, url }) => (id ?? url) === options.target);
      if (target === undefined) throw new RangeError(`No such webhook target: ${options.target}`);
      return secrets.roll(options, target.secret);
    },
    settings: settings.current,
    updateSettings: settings.update,
    books,
    deliveries: deliveries.list,
    resendEvent: deliveries.resend,
    emitEvent: (input) => ({ id: sending(() => events.emit(input)) }),
  };
}
