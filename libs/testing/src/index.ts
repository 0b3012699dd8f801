export { openTestDatabase, type TestDatabase } from "./database.ts";
export { type Market, openMarket, testEnvironment } from "./market.ts";
export { findingsOf } from "./books.ts";
export { openStory, Story, VISA } from "./story.ts";
