import { addMs } from "./dates.ts";
import {
  accept,
  amend,
  type CommandContext,
  changeOf,
  create,
  type Decision,
  type RecordChange,
  refuse,
} from "./decision.ts";
import type { Provider, SendingControl } from "./model.ts";
import { PLATFORM } from "./platform.ts";

/** While a circuit is open, one attempt may probe this often. */
export const PROBE_INTERVAL_MS = 15 * 60_000;

/** The circuit opens at the first refusal of our credentials; until a probe succeeds nobody else sends. */
export function openCircuit(
  provider: Provider,
  control: SendingControl | undefined,
  message: string,
  context: CommandContext,
): RecordChange[] {
  const probeAt = addMs(context.now, PROBE_INTERVAL_MS);
  if (control === undefined) {
    const created = create(
      "sending_control",
      { id: provider, organizationId: PLATFORM, status: "tripped", reason: message, probeAt },
      "sending_control.tripped",
      context,
    );
    return [changeOf("sending_control", created)];
  }
  if (control.status === "paused") return [];
  const after = amend(
    "sending_control",
    control,
    { status: "tripped", reason: message, probeAt },
    "sending_control.tripped",
    context,
  );
  return [changeOf("sending_control", after, control)];
}

/** A successful call closes a tripped circuit; what waited for it is resumed by the event. */
export function closeCircuit(control: SendingControl, context: CommandContext): Decision {
  if (control.status !== "tripped")
    return refuse("sending_already_open", `sending by ${control.id} is ${control.status}`);
  const after = amend(
    "sending_control",
    control,
    { status: "open", reason: undefined, probeAt: undefined },
    "sending_control.resumed",
    context,
  );
  return accept([changeOf("sending_control", after, control)], undefined);
}
