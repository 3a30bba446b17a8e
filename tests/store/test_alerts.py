from bot.store import alerts
from bot.store.alerts import Alert
from bot.store.engine import Store


async def test_an_alert_is_raised_once_told_and_taken_down(store: Store) -> None:
    async with store.write() as conn:
        await alerts.put_up(conn, "late", 5.0)
        await alerts.put_up(conn, "late", 6.0)
        assert await alerts.raised(conn) == [Alert("late", 5.0, None)]
        await alerts.told(conn, "late", 7.0)
        await alerts.put_up(conn, "account:16", 8.0)
        assert await alerts.raised(conn) == [Alert("account:16", 8.0, None), Alert("late", 5.0, 7.0)]
        await alerts.take_down(conn, "late")
        assert await alerts.raised(conn) == [Alert("account:16", 8.0, None)]
