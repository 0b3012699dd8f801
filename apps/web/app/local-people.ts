/** Who lives in the local world; its own README says the same. Nobody is called so anywhere else. */
export const localPeople = {
  password: "hunter2-<name>",
  people: [
    { name: "alice", handle: "alice.test", role: "backer" },
    { name: "bob", handle: "bob.test", role: "backer" },
    { name: "carla", handle: "carla.test", role: "backer" },
    { name: "dave", handle: "dave.test", role: "developer, GitHub" },
    { name: "judy", handle: "judy.test", role: "developer, Tangled" },
    { name: "erin", handle: "erin.test", role: "maintainer" },
    { name: "frank", handle: "frank.test", role: "staff" },
    { name: "grace", handle: "grace.test", role: "staff" },
    { name: "heidi", handle: "heidi.test", role: "staff" },
  ],
} as const;
