import { Stack } from "@mantine/core";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { PageTitle } from "../../display/page-title.tsx";
import { addSums, StatCard, StatCards, type Sums } from "../../display/stat-cards.tsx";
import { ListView } from "../../list/list-view.tsx";
import { useListState } from "../../list/use-list.ts";
import { useApi } from "../../session/console-context.tsx";
import { ProcessDue } from "./process-due.tsx";
import { scheduleList } from "./schedule-list.tsx";

export function SchedulesPage() {
  const api = useApi();
  const { data } = useLive({
    queryKey: ["payout-schedules", "stats"],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/payout-schedules/stats", { signal })),
  });
  const stats = data?.data;
  return (
    <Stack gap="md">
      <PageTitle title="Payout schedules" note="When each part of a payout is paid">
        <ProcessDue due={stats?.due} />
      </PageTitle>
      <ScheduleStats by={stats?.by_status} />
      <ListView list={scheduleList} />
    </Stack>
  );
}

type Statuses = Readonly<Record<"pending" | "processing" | "completed" | "failed" | "cancelled", Sums>>;

function ScheduleStats({ by }: { by: Statuses | undefined }) {
  const { replace } = useListState();
  const all = by === undefined ? undefined : addSums(Object.values(by));
  const card = (title: string, status: string, sums: Sums | undefined) => (
    <StatCard title={title} sums={sums} onClick={() => replace({ status })} />
  );
  return (
    <StatCards label="Payout schedules in figures">
      {card("Pending", "pending", by?.pending)}
      {card("On their way", "processing", by?.processing)}
      {card("Processed", "completed", by?.completed)}
      {card("Failed", "failed", by?.failed)}
      <StatCard title="Total" sums={all} onClick={() => replace({})} />
    </StatCards>
  );
}
