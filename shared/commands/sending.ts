import type { Decision } from "../domain/decision.ts";
import type { Provider, SendingControl } from "../domain/model.ts";
import { setControl } from "../domain/sending-control.ts";
import { sendingControlKey, sendingControlKeys } from "../store/keys.ts";
import { type CommandOrigin, contextOf } from "./origin.ts";
import { recordsIn } from "./records.ts";
import { decideAndCommit, type Surroundings } from "./run.ts";

/** `organizationId` says whose sending it is; `platform` is the whole deployment's. */
export interface SendingCommand extends CommandOrigin {
  readonly provider: SendingControl["id"];
}

export type Sending = ReturnType<typeof createSending>;

/** Pauses and resumes sending in one write. What waits goes on by the event of resuming. */
export function createSending(surroundings: Surroundings) {
  const { store, now } = surroundings;

  function set(command: SendingCommand, status: "open" | "paused"): Promise<Decision<SendingControl>> {
    const { organizationId, provider: id, receipt } = command;
    return decideAndCommit(
      surroundings,
      async () => {
        const control = await store.get("sending_control", sendingControlKey(id, organizationId));
        return { decision: setControl(control, { organizationId, id, status }, contextOf(command, now())) };
      },
      receipt,
    );
  }

  return {
    pause: (command: SendingCommand & { readonly reason: string }) => set(command, "paused"),
    resume: (command: SendingCommand) => set(command, "open"),

    /** The controls that exist of those that an organization's transfers by a provider obey. */
    async controls(organizationId: string, provider: Provider): Promise<SendingControl[]> {
      return recordsIn("sending_control", await store.getMany(sendingControlKeys(organizationId, provider)));
    },
  };
}
