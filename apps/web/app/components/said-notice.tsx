import { useSearchParams } from "react-router";
import { Notice } from "../ui/notice.tsx";

/** What an action just did, by the code it left in the address. Unknown codes say nothing. */
const sentences: Readonly<Record<string, string>> = {
  proposed: "Your proposal is published. Others can now say what it would be worth to them.",
  estimated: "Your estimate is recorded. It costs nothing and binds nobody; you may change it or take it back.",
  "estimate-withdrawn": "Your estimate is taken back.",
  reserved:
    "It is yours to build. The state of the repository is being recorded, so that what you release can be compared with it.",
  "given-up": "You gave the development up. The proposal is open again and its estimates stay.",
  "preview-opened": "The preview is open. People can try it and pledge until it closes.",
  declined: "You declined. Everyone who pledged is refunded.",
  released: "You decided to release. Make the code public on the pinned branch, then submit the commit.",
  "release-submitted": "The release is submitted and is being checked. The result appears here.",
  confirmed: "Noted: it is as you tried it.",
  disputed: "Your dispute is made. Your pledge stays where it is until staff without a stake have answered.",
  stopped: "The development is stopped. Everyone who pledged is refunded.",
  closed: "The proposal is closed.",
  "taken-back": "Your pledge is on its way back to your card.",
  admitted: "Your answer to the case is recorded.",
  ruled: "The ruling is made and everyone concerned is told. Below it says from when it is in effect.",
  "notices-read": "All notices are marked as read.",
  "task-done": "The task is done; your note stands below.",
  wound: "The clock is wound.",
};

export function SaidNotice() {
  const [query] = useSearchParams();
  const sentence = sentences[query.get("said") ?? ""];
  return sentence ? (
    <Notice kind="done">
      <p>{sentence}</p>
    </Notice>
  ) : null;
}
