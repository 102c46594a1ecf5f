import { Group, Stack } from "@mantine/core";
import { Link, useParams } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { RecordActions } from "../../action/record-actions.tsx";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { CopyableId } from "../../display/ids.tsx";
import { formatMoney } from "../../display/money.tsx";
import { PageTitle } from "../../display/page-title.tsx";
import { LoadingLines, ProblemNotice } from "../../display/states.tsx";
import { useListState } from "../../list/use-list.ts";
import { useApi } from "../../session/console-context.tsx";
import { useApprovalRules } from "./approval-rules.ts";
import { MoneyBar } from "./money-bar.tsx";
import { Panel } from "./panel.tsx";
import classes from "./payout.module.css";
import { payoutActions } from "./payout-actions.ts";
import { PayoutBlockers } from "./payout-blockers.tsx";
import type { Payout } from "./payout-duties.ts";
import { PayoutFacts } from "./payout-facts.tsx";
import { useBlockers, usePayoutHistory } from "./payout-history.ts";
import { PayoutJournal } from "./payout-journal.tsx";
import { PayoutStatus } from "./payout-list.tsx";
import { usePayee, usePayoutParts } from "./payout-parts.ts";
import { OpenPart, PayoutSections } from "./payout-sections.tsx";
import { PayoutTimeline } from "./payout-timeline.tsx";
import { WhoApproved } from "./who-approved.tsx";

const none: readonly never[] = [];

/** One payout: how much of it is where, why it isn't paid, who approved it, and everything that happened to it. */
export function PayoutPage() {
  const { id } = useParams({ from: "/inside/payouts/$id" });
  const api = useApi();
  const { data, error, refetch } = useLive({
    queryKey: ["payouts", "one", id],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/payouts/{id}", { params: { path: { id } }, signal })),
  });
  const payout = data?.data.id === id ? data.data : undefined;
  return (
    <>
      {payout !== undefined && <KnownPayout key={id} payout={payout} />}
      {payout === undefined && (
        <Stack gap="md">
          <PageTitle title="Payout" note={id} />
          {error === null ? <LoadingLines /> : <ProblemNotice error={error} onRetry={() => void refetch()} />}
        </Stack>
      )}
    </>
  );
}

function KnownPayout({ payout }: { payout: Payout }) {
  const rules = useApprovalRules();
  const payee = usePayee(payout.payee_id);
  const parts = usePayoutParts(payout.id);
  const blockers = useBlockers(payout.id);
  const history = usePayoutHistory(payout.id);
  const { change } = useListState();
  const transfers = parts.data?.transfers ?? none;
  const actions = useMemo(() => payoutActions(rules, parts.data?.transfers), [rules, parts.data]);
  const onOpen = useCallback((id: string) => change({ open: id }), [change]);
  const failed = [payee.error, parts.error, blockers.error, history.error].find((error) => error !== null);

  return (
    <Stack gap="md">
      <PageTitle
        title={`${formatMoney(payout.amount, payout.currency)} for ${payee.data?.name ?? payout.payee_id}`}
        note={
          <Group gap="sm" mt={4}>
            <PayoutStatus payout={payout} />
            <CopyableId id={payout.id} />
            <Link to="/audit-log" search={{ payout_id: payout.id }}>
              In the audit log
            </Link>
          </Group>
        }
      >
        <RecordActions record={payout} actions={actions} />
      </PageTitle>
      {failed !== undefined && failed !== null && <ProblemNotice error={failed} />}
      <div className={classes.layout}>
        <div className={classes.top}>
          <Panel title="Where the money is">
            <MoneyBar payout={payout} transfers={transfers} />
          </Panel>
          {blockers.data !== undefined && blockers.data.length > 0 && (
            <Panel title={payout.paid_amount > 0 ? "Why it isn’t wholly paid" : "Why it isn’t paid"}>
              <PayoutBlockers payout={payout} blockers={blockers.data} parts={parts.data} onOpen={onOpen} />
            </Panel>
          )}
        </div>
        <div className={classes.side}>
          <Panel title="Who approved it">
            <WhoApproved payout={payout} rules={rules} lines={history.data?.lines ?? []} />
          </Panel>
          <Panel title="About it">
            <PayoutFacts payout={payout} payee={payee.data} />
          </Panel>
          <Panel title="Journal" last>
            {history.data === undefined ? (
              <LoadingLines lines={3} />
            ) : (
              <PayoutJournal entries={history.data.journal} currency={payout.currency} />
            )}
          </Panel>
        </div>
        <div className={classes.main}>
          {parts.data === undefined ? <LoadingLines /> : <PayoutSections parts={parts.data} onOpen={onOpen} />}
          <Panel title="What happened">
            {history.data === undefined ? (
              <LoadingLines />
            ) : (
              <PayoutTimeline {...history.data} currency={payout.currency} onOpen={onOpen} />
            )}
          </Panel>
        </div>
      </div>
      <OpenPart />
    </Stack>
  );
}
