import { Button, Group, List, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { payeeOperations } from "../../../../shared/api/contract/payees.ts";
import { ActionDialog } from "../../action/action-dialog.tsx";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { serverNow } from "../../api/server-clock.ts";
import { formatMoment } from "../../display/instants.tsx";
import { formatSums } from "../../display/money.tsx";
import { ProblemNotice } from "../../display/states.tsx";
import { useApi, useMay } from "../../session/console-context.tsx";
import { currentDestination, formatDestination } from "../payouts/destinations.ts";
import { DestinationFields } from "./destination-fields.tsx";
import { balancesQuery } from "./payee-balances.tsx";
import { type DraftDestination, destinationOf, draftsOf, type Payee, unmasked } from "./payee-values.ts";

const HOUR_MS = 3_600_000;

interface DestinationsValues extends Record<string, unknown> {
  readonly destinations: readonly DraftDestination[];
}

/** Replaces where a payee is paid: says what becomes of approvals and from when the new destinations are used. */
export function DestinationsDialog({ record, onClose }: { record: Payee; onClose: () => void }) {
  const api = useApi();
  const [initial] = useState<DestinationsValues>(() => ({ destinations: draftsOf(record.destinations) }));
  return (
    <ActionDialog
      title={`Replace the destinations of ${record.name}`}
      consequence={({ destinations }) => <Consequence payee={record} drafts={destinations} />}
      schema={payeeOperations.replacePayeeDestinations.body}
      initialValues={initial}
      toBody={({ destinations }) => ({ destinations: destinations.map(destinationOf) })}
      fields={(form) => (
        <>
          {form.values.destinations.some(({ masked }) => masked !== undefined) && (
            <FullNumbers
              payeeId={record.id}
              onRead={(known) => form.setFieldValue("destinations", unmasked(form.values.destinations, known))}
            />
          )}
          <DestinationFields
            destinations={form.values.destinations}
            error={form.errors.destinations}
            inputProps={(path) => form.getInputProps(path)}
            onInsert={(draft) => form.insertListItem("destinations", draft)}
            onRemove={(index) => form.removeListItem("destinations", index)}
            onMove={(move) => form.reorderListItem("destinations", move)}
          />
        </>
      )}
      confirm="Replace the destinations"
      danger
      run={(body) =>
        answerOf(
          api.PUT("/v2/payees/{id}/destinations", {
            params: { path: { id: record.id }, header: { "If-Match": `"${record.version}"` } },
            body,
          }),
        )
      }
      done={({ data }) =>
        data.destination_usable_from === null || Date.parse(data.destination_usable_from) <= serverNow()
          ? "Replaced: the new destinations are used at once"
          : `Replaced: used from ${formatMoment(data.destination_usable_from)}`
      }
      onClose={onClose}
    />
  );
}

function Consequence({ payee, drafts }: { payee: Payee; drafts: readonly DraftDestination[] }) {
  const api = useApi();
  const settings = useLive({
    queryKey: ["settings"],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/settings", { signal })),
  });
  const balances = useLive(balancesQuery(api, payee.id));
  const hours = settings.data?.data.cooling_off_hours;
  const open = (balances.data?.data ?? []).flatMap(({ currency, payable, held }) =>
    payable + held > 0 ? [{ amountMinor: payable + held, currency }] : [],
  );
  const before = currentDestination(payee);
  const after = drafts.find(({ provider }) => provider === "stripe");
  const used = after?.account.trim() ?? "";
  const sameUse = before?.provider === "stripe" && before.account === used;
  const first = payee.destinations.length === 0 && payee.destination_changed_at === null;
  return (
    <Stack gap="xs">
      <div>
        {after === undefined ? (
          <>
            Without a Stripe account nothing can be sent to <b>{payee.name}</b>.
          </>
        ) : (
          <>
            <b>{payee.name}</b> is paid to <b>{used === "" ? "the account below" : used}</b>
            {before === undefined || sameUse ? "" : `, no longer to ${formatDestination(before)}`}.
          </>
        )}
      </div>
      <List size="sm" spacing={4}>
        {!sameUse && before !== undefined && (
          <List.Item>
            Approvals of what hasn’t been sent become void and have to be given again
            {open.length > 0 && (
              <>
                : up to <b>{formatSums(open)}</b>
              </>
            )}
            . What is on its way already still goes to {formatDestination(before)}.
          </List.Item>
        )}
        <List.Item>
          {first || hours === 0 ? "Nothing has to cool off: they are used at once." : coolingOffText(hours)}
        </List.Item>
      </List>
    </Stack>
  );
}

function coolingOffText(hours: number | undefined): string {
  if (hours === undefined) return "Nothing is sent to this payee before the cooling-off is over.";
  const from = formatMoment(new Date(serverNow() + hours * HOUR_MS).toISOString());
  return `Any change has to cool off: nothing is sent to this payee for ${hours} hours, that is before ${from}.`;
}

interface FullNumbersProps {
  readonly payeeId: string;
  readonly onRead: (known: Payee["destinations"]) => void;
}

/** Fills in the account numbers that are masked, for those who may see them. */
function FullNumbers({ payeeId, onRead }: FullNumbersProps) {
  const api = useApi();
  const may = useMay("payouts.view_sensitive");
  const [state, setState] = useState<{ busy: boolean; error?: Error }>({ busy: false });
  if (!may) {
    return <Text size="sm">Account numbers are masked for your role: those that stay have to be typed in full.</Text>;
  }
  async function read() {
    setState({ busy: true });
    try {
      const { data } = await answerOf(api.GET("/v2/payees/{id}/destinations", { params: { path: { id: payeeId } } }));
      onRead(data);
    } catch (cause) {
      setState({ busy: false, error: cause instanceof Error ? cause : new Error(String(cause)) });
    }
  }
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Button size="xs" variant="default" loading={state.busy} onClick={() => void read()}>
          Fill in the full numbers
        </Button>
        <Text size="xs" c="dimmed">
          Each read is on record.
        </Text>
      </Group>
      {state.error !== undefined && <ProblemNotice error={state.error} />}
    </Stack>
  );
}
