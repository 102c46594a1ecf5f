import { presentRecord } from "../../events/wire.ts";
import { securityEventKey } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import type { activityOperations } from "../contract/activity.ts";
import { answered, type Handlers, refused } from "../operation.ts";

export interface ActivityHandlerDeps {
  readonly store: Pick<Store, "get">;
}

export function createActivityHandlers({
  store,
}: ActivityHandlerDeps): Pick<Handlers<typeof activityOperations>, "getSecurityEvent"> {
  return {
    async getSecurityEvent({ caller, params }) {
      const key = securityEventKey(caller.organizationId, params.id);
      const event = await store.get("security_event", key);
      return event === undefined
        ? refused("not_found", `no security event ${params.id}`)
        : answered({ data: presentRecord("security_event", event) });
    },
  };
}
