/** Where the reader is: who they are, which chat, which topic. It stands in the address, so that tabs can be different people. */

/** Read `#me/chat/topic`, filling in what is missing or no longer there. `chosen` tells whether a chat was asked for. */
export function readPlace(store, hash = location.hash) {
  const [me, chatId, topic] = hash.slice(1).split("/").map(Number);
  const user = store.user(me) ?? store.users[0];
  const own = store.chatsOf(user.id);
  const asked = own.find((chat) => chat.id === chatId);
  const chat = asked ?? own.find(({ type }) => type === "private") ?? own[0];
  return { me: user, chat, topic: topicIn(chat, topic), chosen: Boolean(asked) };
}

function topicIn(chat, topic) {
  if (!chat.is_forum) return 0;
  return chat.topics.some(({ id }) => id === topic) ? topic : chat.topics[0].id;
}

export const placeHash = (me, chatId = "", topic = "") => `#${[me, chatId, topic].filter(Boolean).join("/")}`;

export const placeKey = ({ me, chat, topic }) => `${me.id}/${chat.id}/${topic}`;
