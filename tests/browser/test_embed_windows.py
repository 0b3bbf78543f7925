"""Where frames are blocked, and where strangers try: nothing is shown to them, told or believed."""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error
from tests.browser.chromium import Visitors, faults_of
from tests.browser.embed_kit import (
    BODY,
    LISTEN,
    frame_of,
    heard,
    inline,
    listed,
    modal,
    session,
    types_heard,
)
from tests.browser.sites import Site, shop_policy
from tests.served import Shop

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.xdist_group("browser")

SPY = """
window.told = [];
addEventListener("message", (event) => told.push([event.origin, event.data]));
"""
COUNT = "([type, times]) => heard.filter(each => each[0] === type).length === times"
REFUSED_FRAME = "frame-ancestors"


def popup_of(page: Page) -> Page:
    """The window that the fallback's button opens."""
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Open the payment page").click()
    opened.value.wait_for_selector("#panel")
    return opened.value


def test_a_site_that_is_not_listed_gets_a_window_instead_of_a_frame(
    shop: Shop, site: Site, visitors: Visitors
) -> None:
    made = session(shop)
    visitors.expected += [REFUSED_FRAME]
    page = visitors.new()
    page.goto(inline(shop, site, made["client_secret"]))
    detail = heard(page, "error")
    assert detail["code"] == "frame_blocked"
    assert site.origin in detail["message"]
    assert shop.url in detail["message"]
    assert faults_of(page) == []
    window = popup_of(page)
    assert window.evaluate("window.opener") is None, "cut off: nobody has listed this site"
    window.click("#start")
    window.wait_for_selector("#sandbox-exact")
    window.click("#sandbox-exact")
    window.wait_for_selector("text=Thank you")
    page.wait_for_timeout(1200)
    assert types_heard(page) == ["error"]
    assert page.get_by_role("button", name="Show the payment window").is_visible()


def test_a_shop_that_forbids_frames_itself_hears_from_the_window(
    shop: Shop, site: Site, visitors: Visitors
) -> None:
    listed(shop, site)
    made = session(shop)
    visitors.expected += ["frame-src"]
    page = visitors.new()
    policy = shop_policy(shop.url, frames="'none'")
    page.goto(modal(shop, site, made["client_secret"], policy=policy))
    page.click("#pay")
    assert heard(page, "error")["code"] == "frame_blocked"
    window = popup_of(page)
    assert heard(page, "ready")["payment"] == made["id"]
    window.click("#start")
    window.wait_for_selector("#sandbox-exact")
    window.click("#sandbox-exact")
    assert heard(page, "complete")["payment"] == made["id"]
    page.get_by_role("button", name="Show the payment window").click()
    window.close()
    assert heard(page, "close")["status"] == "complete"
    page.wait_for_function("() => !document.querySelector('stacktill-checkout')")


def test_a_window_that_was_closed_opens_again(shop: Shop, site: Site, visitors: Visitors) -> None:
    listed(shop, site)
    made = session(shop)
    visitors.expected += ["frame-src"]
    page = visitors.new()
    policy = shop_policy(shop.url, frames="'none'")
    page.goto(inline(shop, site, made["client_secret"], policy=policy))
    for times in (1, 2):
        window = popup_of(page)
        page.wait_for_function(COUNT, arg=["ready", times])
        if times == 1:
            window.close()
        else:
            window.focus("#start")
            with suppress(Error):  # It may be gone before the key is let go.
                window.keyboard.press("Escape")
        page.wait_for_function(COUNT, arg=["close", times])
        assert page.evaluate("checkout.outcome") == {"payment": made["id"], "status": "open"}
    assert page.get_by_role("button", name="Open the payment page").is_visible()


def test_the_whole_page_goes_there_where_windows_are_blocked_too(
    shop: Shop, site: Site, visitors: Visitors
) -> None:
    made = session(shop)
    visitors.expected += [REFUSED_FRAME]
    page = visitors.new()
    page.add_init_script("window.open = () => null")
    page.goto(inline(shop, site, made["client_secret"]))
    page.get_by_role("button", name="Open the payment page").click()
    page.wait_for_url(f"{shop.url}/pay/{made['id']}")


def test_a_stranger_cannot_frame_the_page_nor_hear_it(
    shop: Shop, site: Site, visitors: Visitors
) -> None:
    """Not by a frame, not by a window, whatever origin the stranger claims to be."""
    visitors.expected += [REFUSED_FRAME]
    with Site() as stranger:
        listed(shop, site)
        page = visitors.new()
        page.goto(stranger.page("/spy", "", script=SPY))
        for claimed in (site.origin, stranger.origin):
            address = f"{shop.url}/pay/{session(shop)['id']}?embed=1&origin={claimed}"
            page.evaluate(
                "url => { const f = document.createElement('iframe'); f.src = url; document.body.append(f) }",
                address,
            )
            with page.expect_popup() as opened:
                page.evaluate("url => { window.open(url) }", address.replace("=1", "=popup"))
            window = opened.value
            window.wait_for_selector("#start")
            window.click("#start")
            window.wait_for_selector("#sandbox")
            window.keyboard.press("Escape")
            window.close()
        page.wait_for_timeout(500)
        assert page.evaluate("told") == []
        held = [frame for frame in page.frames if frame.url.startswith(shop.url)]
        assert all(frame.query_selector("#panel") is None for frame in held)


def test_a_page_in_a_frame_takes_no_orders(shop: Shop, site: Site, visitors: Visitors) -> None:
    """Whatever a shop's page says, only ``hello`` from the listed origin is heard, and it moves nothing."""
    listed(shop, site)
    made = session(shop)
    page = visitors.new()
    page.goto(inline(shop, site, made["client_secret"]))
    frame = frame_of(page)
    heard(page, "ready")
    before = frame.inner_html("#panel")
    page.evaluate(
        """() => {
          const page = checkout.shadowRoot.querySelector("iframe").contentWindow;
          for (const data of [null, 0, "hello", [], { stacktill: 1 }, { stacktill: 2, type: "hello" },
            { stacktill: 1, type: "hello", mode: {} }, { stacktill: 1, type: "pay" },
            { stacktill: 1, type: "hello", mode: "<img src=x onerror=alert(1)>" },
            { stacktill: 1, type: "complete" }, { type: "stacktill" }]) page.postMessage(data, "*");
        }"""
    )
    page.wait_for_timeout(400)
    assert frame.inner_html("#panel") == before
    assert frame_of(page).url == frame.url
    assert "complete" not in types_heard(page)


def test_forged_messages_are_not_believed(shop: Shop, site: Site, visitors: Visitors) -> None:
    """From the shop's own page, from a stranger's frame in it, and from another page of the box."""
    listed(shop, site)
    made = session(shop)
    forged = "{ stacktill: 1, type, payment: 'x', height: 5000 }"
    script = f"""
    for (const type of ["complete", "expired", "close", "size", "processing"])
      for (const target of [parent, opener ?? parent]) target.postMessage({forged}, "*");
    """
    with Site() as stranger:
        address = stranger.page("/forger", "", script=script)
        page = visitors.new()
        policy = shop_policy(shop.url, frames=f"{shop.url} {stranger.origin}")
        page.goto(inline(shop, site, made["client_secret"], policy=policy))
        heard(page, "ready")
        height = "checkout.shadowRoot.querySelector('iframe').offsetHeight"
        tall = page.evaluate(height)
        page.evaluate(
            "url => { const f = document.createElement('iframe'); f.src = url; document.body.append(f) }",
            address,
        )
        page.evaluate(
            f"""() => {{ for (const type of ["complete", "close", "size"]) {{
              postMessage({forged}, "*");
              dispatchEvent(new MessageEvent("message", {{ data: {forged}, origin: "{shop.url}" }}));
            }} }}"""
        )
        with page.expect_popup() as opened:
            page.evaluate("url => { window.open(url) }", address)
        opened.value.wait_for_load_state()
        page.wait_for_timeout(400)
        assert types_heard(page) == ["ready"]
        assert page.evaluate(height) == tall
        assert page.evaluate("checkout.status") == "open"


def test_a_box_that_talks_nonsense_breaks_nothing(
    site: Site, visitors: Visitors, shop: Shop
) -> None:
    """A module that is pointed at another address keeps that address's words in bounds."""
    script = """
    const say = (message) => parent.postMessage(message, "*");
    for (const height of [1e9, -5, NaN, Infinity, "900px", {}, null])
      say({ stacktill: 1, type: "size", height });
    say({ stacktill: 1, type: "ready" });
    say({ stacktill: 1, type: "error", code: "x".repeat(999), message: { html: "<b>" } });
    say({ stacktill: 1, type: "navigate", url: "javascript:alert(1)" });
    say({ stacktill: 1, type: "__proto__" });
    say({ stacktill: 1, type: "complete" });
    say({ stacktill: 1, type: "expired" });
    """
    with Site() as odd:
        odd.page("/pay/pi_00000000000", "", script=script)
        element = (
            f'<stacktill-checkout payment="pi_00000000000" url="{odd.origin}"></stacktill-checkout>'
        )
        own = f"""{LISTEN}hear(document.querySelector("stacktill-checkout"));
        import "{shop.url}/v1/stacktill.js";"""
        policy = shop_policy(shop.url, frames=odd.origin)
        page = visitors.new()
        page.goto(site.page("/odd", BODY.format(element), script=own, policy=policy))
        heard(page, "complete")
        page.wait_for_timeout(200)
        assert types_heard(page) == ["ready", "error", "complete"]
        assert len(heard(page, "error")["code"]) == 60
        height = page.evaluate("checkout.shadowRoot.querySelector('iframe').offsetHeight")
        assert 100 < height <= 6000


def test_a_frame_that_was_led_elsewhere_is_not_believed(
    shop: Shop, site: Site, visitors: Visitors
) -> None:
    """The same window, another origin: what speaks there is not the box."""
    with Site() as box, Site() as stranger:
        forger = """parent.postMessage({ stacktill: 1, type: "complete" }, "*");
        setTimeout(() => parent.postMessage({ done: true }, "*"), 100);"""
        away = stranger.page("/forger", "", script=forger)
        say = f"""parent.postMessage({{ stacktill: 1, type: "ready" }}, "*");
        setTimeout(() => {{ location.href = "{away}" }}, 200);"""
        box.page("/pay/pi_00000000000", "", script=say)
        script = f"""{LISTEN}{SPY}hear(document.querySelector("stacktill-checkout"));
        import "{shop.url}/v1/stacktill.js";"""
        element = (
            f'<stacktill-checkout payment="pi_00000000000" url="{box.origin}"></stacktill-checkout>'
        )
        policy = shop_policy(shop.url, frames=f"{box.origin} {stranger.origin}")
        page = visitors.new()
        page.goto(site.page("/led", BODY.format(element), script=script, policy=policy))
        page.wait_for_function("() => told.some(([, data]) => data.done)")
        assert types_heard(page) == ["ready"]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ('Stacktill("sk_test_1234")', "key_secret"),
        ('Stacktill("rk_live_1234")', "key_secret"),
        ("Stacktill()", "key_invalid"),
        ('Stacktill("pk_test_1", { url: "javascript:alert(1)" })', "url_invalid"),
        ('Stacktill("pk_test_1", { url: "http://[" })', "url_invalid"),
        ('Stacktill("pk_test_1").openCheckout()', "payment_invalid"),
        ('Stacktill("pk_test_1").openCheckout({ payment: "../v1/account" })', "payment_invalid"),
        ('Stacktill("pk_test_1").openCheckout({ payment: "cs_live_0123456789" })', "mode_mismatch"),
        (
            'Stacktill("pk_test_1").openCheckout({ payment: "pi_0123456789", mode: "inline" })',
            "container_missing",
        ),
    ],
)
def test_mistakes_are_named(
    shop: Shop, site: Site, visitors: Visitors, call: str, code: str
) -> None:
    script = (
        f'import {{ Stacktill }} from "{shop.url}/v1/stacktill.js"; window.Stacktill = Stacktill;'
    )
    page = visitors.new()
    page.goto(site.page("/mistakes", "", script=script, policy=shop_policy(shop.url)))
    page.wait_for_function("() => !!window.Stacktill")
    script = f"(() => {{ try {{ {call} }} catch (error) {{ return error.code }} }})()"
    assert page.evaluate(script) == code


def test_the_very_bytes_can_be_pinned(shop: Shop, site: Site, visitors: Visitors) -> None:
    """By their digest from the box, and as a copy in the shop's own folder."""
    listed(shop, site)
    made = session(shop)
    module = shop.http.get(f"{shop.url}/v1/stacktill.js")
    digest = base64.b64encode(hashlib.sha384(module.content).digest()).decode()
    pinned = shop.url + module.headers["content-location"]
    site.pages["/copy.js"] = ("text/javascript", module.content, {})
    for address, url in ((pinned, ""), ("/copy.js", f'url="{shop.url}"')):
        body = (
            f'<script type="module" src="{address}" crossorigin integrity="sha384-{digest}"></script>'
            f'<stacktill-checkout {url} payment="{made["id"]}"></stacktill-checkout>'
        )
        page = visitors.new()
        page.goto(site.page("/pinned", body, policy=shop_policy(shop.url)))
        frame_of(page).wait_for_selector("#start")


def test_a_payment_that_the_shop_could_not_make_can_be_tried_again(
    shop: Shop, site: Site, visitors: Visitors
) -> None:
    listed(shop, site)
    made = session(shop)
    script = f"""import {{ Stacktill }} from "{shop.url}/v1/stacktill.js";
    {LISTEN}
    let times = 0;
    const payment = async () => {{
      if (++times === 1) throw new Error("no stock");
      return "{made["client_secret"]}";
    }};
    document.getElementById("pay").addEventListener("click", () => {{
      hear(Stacktill("{shop.publishable_key}").openCheckout({{ payment }}));
    }});
    """
    page = visitors.new()
    body = BODY.format('<button id="pay">Pay</button>')
    page.goto(site.page("/retry", body, script=script, policy=shop_policy(shop.url)))
    page.click("#pay")
    assert heard(page, "error") == {
        "payment": "",
        "status": "open",
        "code": "payment_unavailable",
        "message": "no stock",
    }
    page.get_by_role("button", name="Try again").click()
    assert heard(page, "ready")["payment"] == made["id"]
