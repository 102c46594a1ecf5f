import { Stack } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { serverNow } from "../../api/server-clock.ts";
import { PageTitle } from "../../display/page-title.tsx";
import { addSums, StatCard, StatCards } from "../../display/stat-cards.tsx";
import { ListView } from "../../list/list-view.tsx";
import { useListState } from "../../list/use-list.ts";
import { useApi } from "../../session/console-context.tsx";
import { formatDue } from "../parts/due-state.ts";
import { holdList } from "./hold-list.tsx";

export function HoldsPage() {
  return (
    <Stack gap="md">
      <PageTitle title="Escrow holds" note="What is kept back of payouts, and until when" />
      <HoldStats />
      <ListView list={holdList} />
    </Stack>
  );
}

/** Today begins at midnight UTC, as the API counts it. */
const startOfToday = () => `${new Date(serverNow()).toISOString().slice(0, 10)}T00:00:00.000Z`;

function HoldStats() {
  const api = useApi();
  const { replace } = useListState();
  const navigate = useNavigate();
  const { data } = useLive({
    queryKey: ["escrow-holds", "stats"],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/escrow-holds/stats", { signal })),
  });
  const stats = data?.data;
  const by = stats?.by_status;
  const { due, today } = stats ?? {};
  return (
    <StatCards label="Escrow holds in figures">
      <StatCard title="Active" sums={by?.active} onClick={() => replace({ status: "active" })} />
      <StatCard
        title="Due for release"
        sums={due && { count: due.count, by_currency: {} }}
        figure={due && formatDue(due)}
        onClick={() => replace({ status: "active", to: new Date(serverNow()).toISOString() })}
      />
      <StatCard
        title="Released today"
        sums={today && addSums([today.released, today.partially_released])}
        onClick={() =>
          void navigate({
            to: "/audit-log",
            search: { action: "escrow_hold.released,escrow_hold.partially_released", from: startOfToday() },
          })
        }
      />
      <StatCard
        title="Released in all"
        sums={by?.released}
        onClick={() => replace({ status: "released", sort: "-date" })}
      />
      <StatCard
        title="Forfeited or cancelled"
        sums={by && addSums([by.forfeited, by.cancelled])}
        onClick={() => replace({ status: "forfeited,cancelled", sort: "-date" })}
      />
    </StatCards>
  );
}
