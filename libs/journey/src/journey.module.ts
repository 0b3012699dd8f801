import { Module } from "@nestjs/common";
import { DecisionService } from "./decision/decision.service.ts";
import { Refunding } from "./decision/refunding.ts";
import { Baselines } from "./development/baselines.service.ts";
import { DevelopmentService } from "./development/development.service.ts";
import { DisputeService } from "./dispute/dispute.service.ts";
import { DonationService } from "./donation/donation.service.ts";
import { EstimateService } from "./estimate/estimate.service.ts";
import { NoticeQueries } from "./notice/notice.queries.ts";
import { BooksQueries } from "./pages/books.queries.ts";
import { CaseQueries } from "./pages/case.queries.ts";
import { HowItWorksQueries } from "./pages/how-it-works.queries.ts";
import { MoneyQueries } from "./pages/money.queries.ts";
import { MovementQueries } from "./pages/movements.queries.ts";
import { PayoutsQueries } from "./pages/payouts.queries.ts";
import { ProposalQueries } from "./pages/proposal.queries.ts";
import { ReceiptQueries } from "./pages/receipt.queries.ts";
import { ReleaseQueries } from "./pages/release.queries.ts";
import { StaffQueueQueries } from "./pages/staff-queue.queries.ts";
import { TimetableQueries } from "./pages/timetable.queries.ts";
import { PartyService } from "./party/party.service.ts";
import { PledgeService } from "./pledge/pledge.service.ts";
import { PreviewFiles } from "./preview/preview-file.service.ts";
import { PreviewService } from "./preview/preview.service.ts";
import { PreviewWatch } from "./preview/preview-watch.service.ts";
import { ProposalService } from "./proposal/proposal.service.ts";
import { Reports } from "./release/report.ts";
import { ForgeHintService } from "./release/forge-hint.service.ts";
import { ReleaseService } from "./release/release.service.ts";
import { PaymentService } from "./settlement/payment.service.ts";
import { SettlementService } from "./settlement/settlement.service.ts";
import { Authorisation } from "./settlement/authorisation.ts";
import { DeadlineService } from "./settlement/deadline.service.ts";
import { OperatorTaskService } from "./space/operator-task.service.ts";
import { ServiceKey } from "./space/service-key.ts";
import { MirrorKeeping } from "./settlement/mirror-keeping.ts";
import { ReleaseWatch } from "./verification/release-watch.service.ts";
import { VerificationService } from "./verification/verification.service.ts";

const rooms = [
  PartyService,
  OperatorTaskService,
  ServiceKey,
  NoticeQueries,
  ProposalService,
  EstimateService,
  DevelopmentService,
  Baselines,
  DonationService,
  PreviewService,
  PreviewFiles,
  PreviewWatch,
  PledgeService,
  DecisionService,
  Refunding,
  Reports,
  ReleaseService,
  ForgeHintService,
  VerificationService,
  ReleaseWatch,
  MirrorKeeping,
  DisputeService,
  PaymentService,
  Authorisation,
  SettlementService,
  DeadlineService,
];
const pages = [
  ProposalQueries,
  TimetableQueries,
  MoneyQueries,
  ReceiptQueries,
  ReleaseQueries,
  PayoutsQueries,
  MovementQueries,
  BooksQueries,
  CaseQueries,
  StaffQueueQueries,
  HowItWorksQueries,
];

/** The story, wired once; api and worker both import it. It expects `World.of(...)` beside it. */
@Module({ providers: [...rooms, ...pages], exports: [...rooms, ...pages] })
export class JourneyModule {}
