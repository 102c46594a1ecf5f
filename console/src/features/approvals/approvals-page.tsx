import { Group, Kbd, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useMemo } from "react";
import { PageTitle } from "../../display/page-title.tsx";
import { addSums, StatCard, StatCards, type Sums } from "../../display/stat-cards.tsx";
import { EmptyState, LoadingLines, ProblemNotice } from "../../display/states.tsx";
import { useListState } from "../../list/use-list.ts";
import { useConsole } from "../../session/console-context.tsx";
import { whyNot } from "../../session/me.ts";
import { useApprovalRules } from "../payouts/approval-rules.ts";
import classes from "../payouts/payout.module.css";
import { approvalBarred, type Payout } from "../payouts/payout-duties.ts";
import { type ApprovalQueue, useApprovalQueue } from "./approval-queue.ts";
import { MyApprovals, OtherApprovals } from "./approval-tables.tsx";

/** What waits for approval: first what the person can decide, then what others have to, and why. */
export function ApprovalsPage() {
  const { data, error, refetch } = useApprovalQueue();
  return (
    <Stack gap="md">
      <PageTitle title="Approvals" note="Payouts that wait for somebody’s decision, the longest waiting first" />
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <LoadingLines />}
      {data !== undefined && <Queue queue={data} />}
    </Stack>
  );
}

function Queue({ queue: { payouts, capped } }: { queue: ApprovalQueue }) {
  const { me } = useConsole();
  const rules = useApprovalRules();
  const { search, change } = useListState();
  const find = useDeferredValue(search.find ?? "");
  const role = whyNot(me, "payouts.approve");
  const [mine, others] = useMemo(() => {
    const barred = (payout: Payout) => approvalBarred(payout, me, rules) !== undefined;
    return [payouts.filter((payout) => !barred(payout)), payouts.filter(barred)];
  }, [payouts, me, rules]);

  return (
    <>
      <QueueStats payouts={payouts} mine={mine} />
      {payouts.length === 0 ? (
        <EmptyState title="Nothing waits for approval">
          Payouts come here when they are created by hand, or by a policy that asks for approval.
        </EmptyState>
      ) : (
        <>
          <Group gap="xs">
            <TextInput
              aria-label="Narrow the queue down"
              placeholder="Narrow down: payee, placement, currency …"
              leftSection={<IconSearch size={16} stroke={1.6} />}
              value={search.find ?? ""}
              onChange={(event) => change({ find: event.currentTarget.value })}
              style={{ flex: "1 1 16rem", maxWidth: "26rem" }}
              data-find
            />
            {mine.length > 0 && <KeyHints />}
          </Group>
          {capped && (
            <Text size="sm">
              The longest waiting {payouts.length}; the newer ones are among the{" "}
              <Link to="/payouts" search={{ status: "pending_approval" }} className={classes.inline}>
                payouts
              </Link>
              .
            </Text>
          )}
          {role === undefined && (
            <Stack gap="xs" component="section" aria-labelledby="for-you">
              <Title order={2} id="for-you">
                For you
              </Title>
              {mine.length === 0 ? (
                <EmptyState title="Nothing for you">What waits is for somebody else: see below why.</EmptyState>
              ) : (
                <MyApprovals payouts={mine} rules={rules} find={find} />
              )}
            </Stack>
          )}
          {others.length > 0 && (
            <Stack gap="xs" component="section" aria-labelledby="for-others">
              <Title order={2} id="for-others">
                For somebody else
              </Title>
              {role !== undefined && <Text size="sm">You can look at them, but not decide. {role}</Text>}
              <OtherApprovals payouts={others} rules={rules} find={find} reasons={role === undefined} />
            </Stack>
          )}
        </>
      )}
    </>
  );
}

function KeyHints() {
  return (
    <Text size="xs" c="dimmed" visibleFrom="sm" ml="auto" component="div">
      <Kbd size="xs">↑</Kbd> <Kbd size="xs">↓</Kbd> move · <Kbd size="xs">A</Kbd> approve · <Kbd size="xs">R</Kbd>{" "}
      reject · <Kbd size="xs">X</Kbd> select · <Kbd size="xs">Enter</Kbd> open
    </Text>
  );
}

function QueueStats({ payouts, mine }: { payouts: readonly Payout[]; mine: readonly Payout[] }) {
  return (
    <StatCards label="Approvals in figures">
      <StatCard title="Waiting for approval" sums={sumUp(payouts)} />
      <StatCard title="For you" sums={sumUp(mine)} />
      <StatCard
        title="One more person needed"
        sums={sumUp(payouts.filter(({ approval_votes }) => approval_votes.length > 0))}
      />
      <StatCard
        title="Approval void: destination changed"
        sums={sumUp(payouts.filter(({ approval_state }) => approval_state === "void"))}
      />
    </StatCards>
  );
}

function sumUp(payouts: readonly Payout[]): Sums {
  return addSums(
    payouts.map(({ amount, currency }) => ({ count: 1, by_currency: { [currency]: { count: 1, amount } } })),
  );
}
