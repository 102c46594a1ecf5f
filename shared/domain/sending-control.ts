import { accept, amend, type CommandContext, changeOf, create, type Decision, refuse } from "./decision.ts";
import type { Instant, SendingControl } from "./model.ts";
import { PLATFORM } from "./platform.ts";

/** Which control: the deployment's (organization `platform`) or an organization's, for one provider or for all. */
export type ControlIdentity = Pick<SendingControl, "organizationId" | "id">;

/**
 * What a waiting transfer calls the control in its way: `stripe` the deployment's, `acme/stripe` an organization's. No
 * organization's id has a slash, so no two controls share a name.
 */
export function controlName({ organizationId, id }: { readonly organizationId: string; readonly id: string }): string {
  return organizationId === PLATFORM ? id : `${organizationId}/${id}`;
}

function stops(control: SendingControl, now: Instant): boolean {
  if (control.status === "tripped") return control.probeAt === undefined || now < control.probeAt;
  return control.status === "paused";
}

/** The first control that keeps a transfer from being sent; the deployment's before the organization's. */
export function controlInTheWay(controls: readonly SendingControl[], now: Instant): SendingControl | undefined {
  const stopping = controls.filter((control) => stops(control, now));
  return stopping.find(({ organizationId }) => organizationId === PLATFORM) ?? stopping[0];
}

export interface ControlSetting extends ControlIdentity {
  readonly status: "open" | "paused";
}

/** Pauses or opens. Pausing wins over a tripped circuit, opening closes it too; what is so already is refused. */
export function setControl(
  control: SendingControl | undefined,
  { organizationId, id, status }: ControlSetting,
  context: CommandContext,
): Decision<SendingControl> {
  if (status === (control?.status ?? "open")) {
    const name = controlName({ organizationId, id });
    return status === "open"
      ? refuse("sending_already_open", `sending (${name}) is not paused`)
      : refuse("sending_already_paused", `sending (${name}) is paused since ${control?.updatedAt}`);
  }
  const action = status === "paused" ? "sending_control.paused" : "sending_control.resumed";
  const { reason } = context;
  if (control === undefined) {
    const body = { id, organizationId, status, ...(reason === undefined ? {} : { reason }) };
    const created = create("sending_control", body, action, context);
    return accept([changeOf("sending_control", created)], created);
  }
  const after = amend("sending_control", control, { status, reason, probeAt: undefined }, action, context);
  return accept([changeOf("sending_control", after, control)], after);
}
