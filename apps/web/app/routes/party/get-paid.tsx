import type { PayeeAccountView } from "@freehold/contract";
import { useSearchParams } from "react-router";
import { read } from "../../.server/api.ts";
import { submit } from "../../.server/submit.ts";
import { ActionForm } from "../../components/action-form.tsx";
import { Moment } from "../../components/moment.tsx";
import { safeReturnPath } from "../../return-path.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { Route } from "./+types/get-paid.ts";

/** The longest return path the api takes. */
const returnPathMax = 300;

export const loader = ({ request }: Route.LoaderArgs) => read("payeeAccount", { request });

export const action = ({ request }: Route.ActionArgs) => {
  const back = safeReturnPath(new URL(request.url).searchParams.get("return"));
  const here = back === "/" ? "/get-paid" : `/get-paid?${new URLSearchParams({ return: back })}`;
  return submit(request, "onboard", {
    body: () => ({ returnPath: here.length <= returnPathMax ? here : "/get-paid" }),
    then: (onboarding) => onboarding.url,
  });
};

export const meta: Route.MetaFunction = () => [{ title: "How you are paid · Freehold" }];

const states: Readonly<Record<PayeeAccountView["state"], string>> = {
  none: "You have not set up how you are paid.",
  incomplete: "You began; our payment processor still needs something from you.",
  payable: "Payment can reach you.",
  restricted: "Our payment processor has restricted payments to you and needs something from you.",
};

export default function GetPaid({ loaderData: account, actionData }: Route.ComponentProps) {
  const [query] = useSearchParams();
  const back = safeReturnPath(query.get("return"));
  return (
    <div className="narrow">
      <p className="crumb small quiet">
        <a href="/money">My money</a>
      </p>
      <h1>How you are paid</h1>
      <Notice kind={account.state === "payable" ? "done" : "note"}>
        <p>
          {states[account.state]}
          {account.checkedAt && (
            <span className="quiet">
              {" "}
              Last looked <Moment at={account.checkedAt} as="ago" />.
            </span>
          )}
        </p>
      </Notice>
      <p>
        Nobody can donate or pledge to your work before a payment can reach you; nobody should learn that afterwards.
        The details go to our payment processor, not to us.
      </p>
      <ActionForm refused={actionData?.refused}>
        <div className="buttons">
          <Button look={account.state === "payable" ? "quiet" : "plain"}>
            {account.state === "none"
              ? "Set up how you are paid"
              : account.state === "payable"
                ? "Change your details"
                : "Continue where you left off"}
          </Button>
          {back !== "/" && (
            <ButtonLink to={back} look={account.state === "payable" ? "plain" : "quiet"}>
              Back to the feature
            </ButtonLink>
          )}
        </div>
      </ActionForm>
    </div>
  );
}
