import type { Sending } from "../../commands/sending.ts";
import type { SendingControl } from "../../domain/model.ts";
import { PLATFORM } from "../../domain/platform.ts";
import { presentRecord } from "../../events/wire.ts";
import { type sendingOperations, sendingProviders } from "../contract/sending.ts";
import { answered, type Handlers } from "../operation.ts";

export interface SendingHandlerDeps {
  readonly sending: Sending;
}

/** One that was never set is open. Who set the deployment's is its operators' own business. */
function presentControl(organizationId: string, id: SendingControl["id"], control: SendingControl | undefined) {
  const scope = organizationId === PLATFORM ? "deployment" : "organization";
  const common = { scope, provider: id };
  if (control === undefined) {
    return { ...common, status: "open", reason: null, probe_at: null, updated_at: null, updated_by: null };
  }
  const { status, reason, probe_at, updated_at } = presentRecord("sending_control", control);
  const updatedBy = scope === "organization" ? control.change.actor.id : null;
  return { ...common, status, reason, probe_at, updated_at, updated_by: updatedBy };
}

export function createSendingHandlers({ sending }: SendingHandlerDeps): Handlers<typeof sendingOperations> {
  const bodyOf = (_changes: unknown, control: SendingControl) => ({
    data: presentControl(control.organizationId, control.id, control),
  });

  return {
    async getSendingControls({ caller }) {
      const found = await sending.controls(caller.organizationId, "stripe");
      const data = [PLATFORM, caller.organizationId].flatMap((owner) =>
        sendingProviders.map((id) => {
          const control = found.find((one) => one.organizationId === owner && one.id === id);
          return presentControl(owner, id, control);
        }),
      );
      return answered({ data });
    },

    pauseSending: (request) => request.act((origin) => sending.pause({ ...origin, ...request.body }), bodyOf),

    resumeSending: (request) => request.act((origin) => sending.resume({ ...origin, ...request.body }), bodyOf),
  };
}
