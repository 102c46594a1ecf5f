import { SimpleGrid } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { answerOf } from "../../api/api-problem.ts";
import { Instant } from "../../display/instants.tsx";
import { StatusBadge } from "../../display/status-badge.tsx";
import { useApi } from "../../session/console-context.tsx";
import { TransferStatus } from "../transfers/transfer-status.tsx";
import { RecentRecords } from "./recent-records.tsx";

const RECENT = 5;

/** The newest payouts, schedules, holds and transfers of one payee, each with the way to all of them. */
export function PayeeHistory({ payeeId }: { payeeId: string }) {
  const api = useApi();
  const search = { payee_id: payeeId };
  const query = { payee_id: payeeId, limit: RECENT, sort: "-date" } as const;
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg" verticalSpacing="lg">
      <RecentRecords
        title="Payouts"
        when="Created"
        queryKey={["payouts", "list", query]}
        queryFn={({ signal }) => answerOf(api.GET("/v2/payouts", { params: { query }, signal }))}
        all={(text) => (
          <Link to="/payouts" search={search}>
            {text}
          </Link>
        )}
        line={(payout) => ({
          link: (text) => (
            <Link to="/payouts/$id" params={{ id: payout.id }} search={{}}>
              {text}
            </Link>
          ),
          amountMinor: payout.amount,
          status: <StatusBadge status={payout.status} />,
          when: <Instant at={payout.created_at} only="date" />,
        })}
        empty="Nothing has been promised yet."
      />
      <RecentRecords
        title="Schedules"
        when="Scheduled"
        queryKey={["payout-schedules", "list", query]}
        queryFn={({ signal }) => answerOf(api.GET("/v2/payout-schedules", { params: { query }, signal }))}
        all={(text) => (
          <Link to="/payout-schedules" search={search}>
            {text}
          </Link>
        )}
        line={(schedule) => ({
          link: (text) => (
            <Link to="/payout-schedules" search={{ ...search, open: schedule.id }}>
              {text}
            </Link>
          ),
          amountMinor: schedule.amount,
          status: <StatusBadge status={schedule.status} />,
          when: <Instant at={schedule.scheduled_date} only="date" empty="when triggered" />,
        })}
        empty="Nothing is scheduled."
      />
      <RecentRecords
        title="Holds"
        when="Release"
        queryKey={["escrow-holds", "list", query]}
        queryFn={({ signal }) => answerOf(api.GET("/v2/escrow-holds", { params: { query }, signal }))}
        all={(text) => (
          <Link to="/escrow-holds" search={search}>
            {text}
          </Link>
        )}
        line={(hold) => ({
          link: (text) => (
            <Link to="/escrow-holds" search={{ ...search, open: hold.id }}>
              {text}
            </Link>
          ),
          amountMinor: hold.status === "active" ? hold.hold_amount : hold.original_amount,
          status: <StatusBadge status={hold.status} />,
          when: <Instant at={hold.release_date} only="date" />,
        })}
        empty="Nothing is held back."
      />
      <RecentRecords
        title="Transfers"
        when="Created"
        queryKey={["transfers", "list", query]}
        queryFn={({ signal }) => answerOf(api.GET("/v2/transfers", { params: { query }, signal }))}
        all={(text) => (
          <Link to="/transfers" search={search}>
            {text}
          </Link>
        )}
        line={(transfer) => ({
          link: (text) => (
            <Link to="/transfers" search={{ ...search, open: transfer.id }}>
              {text}
            </Link>
          ),
          amountMinor: transfer.amount,
          status: <TransferStatus transfer={transfer} />,
          when: <Instant at={transfer.created_at} only="date" />,
        })}
        empty="Nothing has been sent yet."
      />
    </SimpleGrid>
  );
}
