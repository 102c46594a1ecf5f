import { Textarea } from "@mantine/core";
import type * as z from "zod";
import { sendingOperations, type sendingProviders } from "../../../../shared/api/contract/sending.ts";
import { ActionDialog } from "../../action/action-dialog.tsx";
import { onOneLine } from "../../action/one-line.ts";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { formatSums } from "../../display/money.tsx";
import { addSums } from "../../display/stat-cards.tsx";
import { useApi, useConsole } from "../../session/console-context.tsx";
import type { Wire } from "../../session/me.ts";
import { providerName } from "./sending-section.tsx";

interface DialogProps {
  readonly control: Wire["SendingControl"];
  readonly onClose: () => void;
}

type Provider = (typeof sendingProviders)[number];
type PauseBody = z.output<typeof sendingOperations.pauseSending.body>;
type ResumeBody = z.output<typeof sendingOperations.resumeSending.body>;

const through = (provider: string) =>
  provider === "all" ? "through any provider" : `through ${providerName(provider as Provider)}`;

export function PauseDialog({ control: { provider }, onClose }: DialogProps) {
  const api = useApi();
  const { me } = useConsole();
  return (
    <ActionDialog<{ reason: string }, PauseBody, unknown>
      title={provider === "all" ? "Pause sending" : `Pause sending through ${providerName(provider)}`}
      consequence={
        <>
          From now on nothing of <b>{me.organization_id}</b> is sent {through(provider)}. What is due waits and goes on
          by itself after resuming; what a provider has already can’t be held up. An admin resumes it.
        </>
      }
      schema={sendingOperations.pauseSending.body}
      initialValues={{ reason: "" }}
      toBody={({ reason }) => ({ provider, reason: onOneLine(reason) })}
      fields={(form) => (
        <Textarea
          label="Reason"
          description="Everybody who looks at what waits sees it"
          withAsterisk
          data-autofocus
          {...form.getInputProps("reason")}
        />
      )}
      confirm="Pause sending"
      danger
      run={(body, key) =>
        answerOf(api.POST("/v2/sending/pause", { params: { header: { "Idempotency-Key": key } }, body }))
      }
      done={() => (provider === "all" ? "Sending is paused" : `Sending through ${providerName(provider)} is paused`)}
      onClose={onClose}
    />
  );
}

export function ResumeDialog({ control: { provider, reason }, onClose }: DialogProps) {
  const api = useApi();
  const { me } = useConsole();
  return (
    <ActionDialog<Record<string, never>, ResumeBody, unknown>
      title={provider === "all" ? "Resume sending" : `Resume sending through ${providerName(provider)}`}
      consequence={
        <>
          {me.organization_id}’s money is sent again {through(provider)}, at once what has become due meanwhile.{" "}
          <WaitingMoney />
          {reason !== null && <> It was paused for “{reason}”.</>}
        </>
      }
      schema={sendingOperations.resumeSending.body}
      initialValues={{}}
      toBody={() => ({ provider })}
      confirm="Resume sending"
      run={(body, key) =>
        answerOf(api.POST("/v2/sending/resume", { params: { header: { "Idempotency-Key": key } }, body }))
      }
      done={() => (provider === "all" ? "Sending goes on" : `Sending through ${providerName(provider)} goes on`)}
      onClose={onClose}
    />
  );
}

/** How much waits to be sent: transfers that were made and not attempted yet. */
function WaitingMoney() {
  const api = useApi();
  const { data } = useLive({
    queryKey: ["transfers", "stats"],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/transfers/stats", { signal })),
  });
  if (data === undefined) return null;
  const { count, by_currency } = addSums([data.data.by_status.pending]);
  if (count === 0) return "No transfer waits to be sent right now.";
  const sums = Object.entries(by_currency).map(([currency, { amount }]) => ({ amountMinor: amount, currency }));
  return (
    <>
      <b>{formatSums(sums)}</b> in {count === 1 ? "1 transfer" : `${count} transfers`} waits to be sent.
    </>
  );
}
