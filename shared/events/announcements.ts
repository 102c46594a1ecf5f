import type { BusMessage } from "../runtime/bus-client.ts";
import type { WaitTarget } from "../store/keys.ts";

/** The event that tells everybody who waits for a target to look again. */
export function announcementOf(target: WaitTarget): BusMessage[] {
  switch (target.kind) {
    case "funds":
      return [{ source: "payouts", detailType: "provider_funds.available", detail: { provider: target.provider } }];
    case "account": {
      const { provider, account } = target;
      return [{ source: "payouts", detailType: "payee_account.updated", detail: { provider, account } }];
    }
    default:
      throw new RangeError(`waiting for ${target.kind} ends with a record's own event`);
  }
}
