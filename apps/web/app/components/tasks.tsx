import { movementAccounts, type StaffQueue } from "@freehold/contract";
import type { Refused } from "../refused.ts";
import { Button } from "../ui/button.tsx";
import { ChoiceField, ProseField } from "../ui/field.tsx";
import { ActionForm, useTyped } from "./action-form.tsx";
import { Moment } from "./moment.tsx";
import { Money } from "./money.tsx";

type Task = StaffQueue["tasks"][number];

const nameOf = (kind: string) => {
  if (kind === "verification_needs_human") return "A release waits for your judgement";
  const text = kind.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

const accountNames: Record<(typeof movementAccounts)[number], string> = {
  stripe_fee: "The processor's fees",
  own_funds: "Freehold's own funds",
  dispute_loss: "Losses by chargebacks",
  dispute_fee: "The bank's fees for chargebacks",
  refund_loss: "Losses by refunds",
};

/** What the answer to each kind of task does, in words. */
const answers: Record<Task["act"], { open: string; hint: string; button: string }> = {
  note: {
    open: "Say that it is done",
    hint: "For whoever looks at this later. It moves no money by itself.",
    button: "Mark it as done",
  },
  note_repaid: {
    open: "Say that the money was returned",
    hint: "By which means, and where that can be looked up. The books then say that it is no longer owed.",
    button: "It was returned",
  },
  pay_again: {
    open: "Pay it again",
    hint: "Why it was reversed, and why it is paid again. The same sum goes out to the same payee, once.",
    button: "Pay it again",
  },
  try_again: {
    open: "Try it again",
    hint: "What was put right. The message is worked on once more.",
    button: "Try it again",
  },
  classify: {
    open: "Say what it was",
    hint: "What it is and how you know. It is booked into the account you name.",
    button: "Book it",
  },
  judge: {
    open: "Say what you found",
    hint: "What you read and compared. Everybody sees this sentence on the release's page; the checks then run again.",
    button: "Say what you found",
  },
};

/** One thing a person has to do: its cause, its money, its next step, and the way to say that it is done. */
export function OpenTask({ task, refused }: { task: Task; refused: Refused | undefined }) {
  const typed = useTyped(refused);
  const field = `note-${task.id}`;
  return (
    <article className="task">
      <Heading task={task} />
      <p>{task.cause}</p>
      <p>
        <strong>Next step:</strong> {task.nextStep}
      </p>
      <p className="small quiet">
        Since <Moment at={task.createdAt} />
      </p>
      {task.hasStake ? (
        <p className="small quiet">You hold a stake in this feature: somebody else answers.</p>
      ) : (
        <details {...(refused && { open: true })}>
          <summary>{answers[task.act].open}</summary>
          <ActionForm refused={refused} action={`/staff?task=${task.id}`} label={`Done: ${nameOf(task.kind)}`}>
            <ProseField
              name={field}
              label={task.act === "judge" ? "What you found" : "What was done"}
              hint={answers[task.act].hint}
              rows={2}
              value={typed(field)}
              fault={refused?.faults.note}
              required
              maxLength={2000}
            />
            {task.act === "classify" && (
              <ChoiceField
                name={`account-${task.id}`}
                legend="It belongs to"
                value={typed(`account-${task.id}`)}
                choices={movementAccounts.map((account) => ({ value: account, label: accountNames[account] }))}
              />
            )}
            {task.act === "judge" && (
              <ChoiceField
                name={`accepted-${task.id}`}
                legend="What the machine could not judge"
                value={typed(`accepted-${task.id}`)}
                choices={[
                  { value: "yes", label: "is good: the release goes on" },
                  { value: "no", label: "is not good: the release has failed this check" },
                ]}
              />
            )}
            <Button look="quiet">{answers[task.act].button}</Button>
          </ActionForm>
        </details>
      )}
    </article>
  );
}

function Heading({ task }: { task: Omit<Task, "hasStake"> }) {
  return (
    <>
      <h3>
        {nameOf(task.kind)}
        {task.amount && <Money of={task.amount} cents />}
      </h3>
      {task.proposal && (
        <p className="small">
          <a href={`/proposals/${task.proposal.id}`}>{task.proposal.title}</a>
          {task.releaseId && (
            <>
              {" · "}
              <a href={`/releases/${task.releaseId}`}>The release and what was seen of it</a>
            </>
          )}
        </p>
      )}
    </>
  );
}

/** What was done lately, by whom and how. */
export function DoneTasks({ done }: { done: StaffQueue["done"] }) {
  if (done.length === 0) return null;
  return (
    <section className="mt-10">
      <h2>Done lately</h2>
      {done.map((task) => (
        <article className="task" key={task.id}>
          <Heading task={task} />
          <p>{task.cause}</p>
          {task.note && <blockquote className="prose">{task.note}</blockquote>}
          <p className="small quiet">
            {task.doneBy?.name ?? "The machine"}, <Moment at={task.doneAt} />
          </p>
        </article>
      ))}
    </section>
  );
}
