import { Group, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { RecordActions } from "../../action/record-actions.tsx";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { type Fact, Facts } from "../../display/facts.tsx";
import { CopyableId, Id } from "../../display/ids.tsx";
import { Instant } from "../../display/instants.tsx";
import { formatMoney, Money } from "../../display/money.tsx";
import { StatusBadge, spelled, titled } from "../../display/status-badge.tsx";
import { RecordDrawer } from "../../list/record-drawer.tsx";
import { useApi } from "../../session/console-context.tsx";
import { BlockerNotice } from "../parts/blocker-notice.tsx";
import { DueMark } from "../parts/due-mark.tsx";
import { describeRule, firingFacts } from "../parts/firing-facts.tsx";
import { reasonNames } from "../parts/hold-reasons.ts";
import { RecordHistory } from "../parts/record-history.tsx";
import { type Hold, holdActions } from "./hold-actions.ts";

/** Everything about one hold: how much, until when and why, what is in the way, how it ended. */
export function HoldDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const api = useApi();
  const query = useLive({
    queryKey: ["escrow-holds", "one", id],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/escrow-holds/{id}", { params: { path: { id } }, signal })),
  });
  return (
    <RecordDrawer title="Escrow hold" id={id} query={query} onClose={onClose}>
      {(hold, onAsking) => (
        <Stack gap="lg">
          <Stack gap="xs">
            <Group justify="space-between" gap="xs">
              <Text fw={650} fz="xl">
                <Money amountMinor={hold.hold_amount} currency={hold.currency} />
              </Text>
              <StatusBadge status={hold.status} />
            </Group>
            <Text size="sm">
              For{" "}
              <Link to="/payees/$id" params={{ id: hold.payee_id }} search={{}}>
                {hold.payee_id}
              </Link>
              , part of{" "}
              <Link to="/payouts/$id" params={{ id: hold.payout_id }} search={{}}>
                payout <Id id={hold.payout_id} />
              </Link>
            </Text>
            <RecordActions record={hold} actions={holdActions} onAsking={onAsking} />
          </Stack>
          {hold.blocker !== null && <BlockerNotice blocker={hold.blocker} />}
          <HoldFacts hold={hold} />
          <RecordHistory entityType="escrow_hold" id={hold.id} />
        </Stack>
      )}
    </RecordDrawer>
  );
}

function HoldFacts({ hold }: { hold: Hold }) {
  const { date_rule: rule, holdback_percentage: share, original_amount: original, currency } = hold;
  return (
    <Facts
      facts={[
        {
          label: "Release",
          value: <DueMark at={hold.release_date} open={hold.status === "active"} zone={hold.date_rule?.time_zone} />,
          ...(rule === null ? {} : { note: describeRule(rule) }),
        },
        original === hold.hold_amount ? undefined : { label: "Held at first", value: formatMoney(original, currency) },
        share === null ? undefined : { label: "Holdback", value: `${share} %` },
        { label: "Kind", value: reasonNames[hold.hold_reason] },
        hold.reason === null ? undefined : { label: "Reason", value: hold.reason },
        ...endingFacts(hold),
        ...firingFacts(hold),
        { label: "Placement", value: hold.placement_id ?? "–" },
        { label: "Company", value: hold.company_id ?? "–" },
        { label: "Held since", value: <Instant at={hold.hold_date} /> },
        { label: "Last change", value: <Instant at={hold.updated_at} />, note: `version ${hold.version}` },
        { label: "Id", value: <CopyableId id={hold.id} /> },
      ]}
    />
  );
}

/** The decision and, beside it, the transfer: whether the money has moved. A part may be released while the rest is held. */
function endingFacts(hold: Hold): readonly (Fact | undefined)[] {
  const { released_at: released, released_by: by, release_notes: notes, transfer_id: transfer, transfer_status } = hold;
  return [
    released === null
      ? undefined
      : { label: hold.status === "active" ? "A part released" : "Released", value: <Instant at={released} /> },
    by === null ? undefined : { label: "Released by", value: by },
    notes === null ? undefined : { label: "Notes", value: notes },
    transfer === null
      ? undefined
      : {
          label: "Transfer",
          value: (
            <>
              <Link to="/transfers" search={{ open: transfer }}>
                <Id id={transfer} />
              </Link>{" "}
              {transfer_status !== null && <StatusBadge status={transfer_status} label={spelled(transfer_status)} />}
            </>
          ),
        },
    hold.cancelled_at === null ? undefined : { label: titled(hold.status), value: <Instant at={hold.cancelled_at} /> },
  ];
}
