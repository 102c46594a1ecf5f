import * as z from "zod";
import { reason } from "../fields.ts";
import { operation, single } from "../operation.ts";

const tag = "Sending";
/** What can be paused: everything, or one provider. */
export const sendingProviders = ["all", "stripe"] as const;

const sendingControl = z
  .object({
    scope: z.enum(["deployment", "organization"]).meta({ description: "whose it is: everybody's, or yours alone" }),
    provider: z.enum(["all", "stripe", "xendit"]),
    status: z.enum(["open", "paused", "tripped"]).meta({
      description: "tripped: the provider refuses the deployment's credentials; it opens by itself once they are good",
    }),
    reason: z.string().nullable(),
    probe_at: z.string().nullable().meta({ description: "while tripped: when the next transfer is tried" }),
    updated_at: z.string().nullable().meta({ description: "null where it was never changed" }),
    updated_by: z.string().nullable().meta({ description: "who changed yours; null for the deployment's" }),
  })
  .meta({ id: "SendingControl" });

const provider = z
  .enum(sendingProviders, { error: `one of ${sendingProviders.join(", ")}` })
  .default("all")
  .meta({ description: "all pauses everything, whatever the provider" });

export const sendingOperations = {
  getSendingControls: operation({
    method: "GET",
    path: "/v2/sending",
    tag,
    summary: "See whether transfers are sent",
    description: "A transfer is sent while every control that concerns it is open: the deployment's and your own.",
    access: "payouts.view",
    answer: { status: 200, schema: single(z.array(sendingControl)) },
  }),
  pauseSending: operation({
    method: "POST",
    path: "/v2/sending/pause",
    tag,
    summary: "Pause your organization's sending",
    description: "What is due waits, says so, and goes on by itself after resuming. Nobody else's sending is touched.",
    access: "payouts.cancel",
    body: z.strictObject({ provider, reason }),
    answer: { status: 200, schema: single(sendingControl) },
    refusals: ["sending_already_paused"],
    movesMoney: true,
    example: { provider: "all", reason: "the amounts of this week look wrong" },
  }),
  resumeSending: operation({
    method: "POST",
    path: "/v2/sending/resume",
    tag,
    summary: "Resume your organization's sending",
    access: "config.manage",
    body: z.strictObject({ provider }),
    answer: { status: 200, schema: single(sendingControl) },
    refusals: ["sending_already_open"],
    movesMoney: true,
    guarded: true,
    example: { provider: "all" },
  }),
} as const;
