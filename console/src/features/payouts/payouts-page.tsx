import { Button, Stack, Tooltip } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { PageTitle } from "../../display/page-title.tsx";
import { addSums, StatCard, StatCards, type Sums } from "../../display/stat-cards.tsx";
import { ListView } from "../../list/list-view.tsx";
import { useListState } from "../../list/use-list.ts";
import { useApi, useWhyNot } from "../../session/console-context.tsx";
import { useApprovalRules } from "./approval-rules.ts";
import { payoutListFor } from "./payout-list.tsx";

const CreatePayoutDialog = lazy(async () => ({
  default: (await import("./create-payout-dialog.tsx")).CreatePayoutDialog,
}));

export function PayoutsPage() {
  const rules = useApprovalRules();
  const list = useMemo(() => payoutListFor(rules), [rules]);
  return (
    <Stack gap="md">
      <PageTitle title="Payouts" note="What is owed to whom, and how much of it has been paid">
        <CreateButton />
      </PageTitle>
      <PayoutStats />
      <ListView list={list} />
    </Stack>
  );
}

function CreateButton() {
  const whyNot = useWhyNot("payouts.create");
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Tooltip label={whyNot} disabled={whyNot === undefined}>
        <Button
          leftSection={<IconPlus size={16} stroke={1.8} />}
          data-disabled={whyNot !== undefined || undefined}
          aria-disabled={whyNot !== undefined}
          onClick={() => whyNot === undefined && setOpened(true)}
        >
          Create payout
        </Button>
      </Tooltip>
      {opened && (
        <Suspense fallback={null}>
          <CreatePayoutDialog onClose={() => setOpened(false)} />
        </Suspense>
      )}
    </>
  );
}

function PayoutStats() {
  const api = useApi();
  const { replace } = useListState();
  const { data } = useLive({
    queryKey: ["payouts", "stats"],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/payouts/stats", { signal })),
  });
  const by = data?.data.by_status;
  const card = (title: string, status: string, sums: Sums | undefined) => (
    <StatCard
      title={title}
      sums={sums}
      onClick={() => replace({ status })}
      label={`Show payouts: ${title.toLowerCase()}`}
    />
  );
  return (
    <StatCards label="Payouts in figures">
      {card("Waiting for approval", "pending_approval", by?.pending_approval)}
      {card("Approved, nothing sent yet", "approved", by?.approved)}
      {card(
        "Under way",
        "processing,partially_paid",
        by === undefined ? undefined : addSums([by.processing, by.partially_paid]),
      )}
      {card("Paid", "paid", by?.paid)}
      {card("Failed", "failed", by?.failed)}
    </StatCards>
  );
}
