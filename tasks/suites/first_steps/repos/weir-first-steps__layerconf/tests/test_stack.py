import unittest

from layerconf import ConfError, MissingKey, MissingReference, ReferenceCycle, load

BASE = """
[service]
root = /srv/app
logs = ${root}/logs
user = app

[worker : service]
count = 4
spool = ${service.logs}/spool
"""


class LayersTest(unittest.TestCase):
    def test_one_layer(self):
        conf = load(("base", BASE))
        self.assertEqual(conf.get("service", "logs"), "/srv/app/logs")

    def test_later_layer_wins(self):
        conf = load(("base", BASE), ("site", "[service]\nuser = www\n"))
        self.assertEqual(conf.get("service", "user"), "www")

    def test_removal(self):
        conf = load(("base", BASE), ("site", "[service]\n!user\n"))
        self.assertIsNone(conf.get("service", "user", None))

    def test_removal_uncovers_the_parent(self):
        conf = load(("base", BASE + "user = worker\n"), ("site", "[worker]\n!user\n"))
        self.assertEqual(conf.get("worker", "user"), "app")

    def test_missing_key(self):
        with self.assertRaises(MissingKey) as caught:
            load(("base", BASE)).get("service", "nope")
        self.assertEqual(str(caught.exception), "no such key: service.nope")

    def test_items(self):
        self.assertEqual(
            load(("base", BASE)).items("worker"),
            [
                ("count", "4"),
                ("logs", "/srv/app/logs"),
                ("root", "/srv/app"),
                ("spool", "/srv/app/logs/spool"),
                ("user", "app"),
            ],
        )

    def test_explain(self):
        conf = load(("base", BASE), ("site", "[service]\nlogs = ${root}/log\n"))
        self.assertEqual(str(conf.explain("worker", "logs")), "site:2 [service] /srv/app/log")

    def test_new_parent(self):
        conf = load(("base", BASE), ("site", "[other]\nuser = o\n[worker : other]\n"))
        self.assertEqual(conf.get("worker", "user"), "o")

    def test_parents_in_a_circle(self):
        with self.assertRaises(ConfError):
            load(("base", "[a : b]\nx = 1\n[b : a]\n")).get("a", "y")


class ReferencesTest(unittest.TestCase):
    def test_chain(self):
        conf = load(("t", "[a]\nx = ${y}1\ny = ${z}2\nz = 3\n"))
        self.assertEqual(conf.get("a", "x"), "321")

    def test_other_section(self):
        conf = load(("t", "[a]\nname = ${b.name}!\n[b]\nname = n\n"))
        self.assertEqual(conf.get("a", "name"), "n!")

    def test_default(self):
        conf = load(("t", "[a]\nx = ${y:-none}, ${b.z:-a:b}\n"))
        self.assertEqual(conf.get("a", "x"), "none, a:b")

    def test_default_not_needed(self):
        conf = load(("t", "[a]\nx = ${y:-none}\ny = 1\n"))
        self.assertEqual(conf.get("a", "x"), "1")

    def test_dollar(self):
        conf = load(("t", "[a]\nx = $$${y}, $${y}, $5\ny = 1\n"))
        self.assertEqual(conf.get("a", "x"), "$1, ${y}, $5")

    def test_missing_reference(self):
        with self.assertRaises(MissingReference) as caught:
            load(("t.conf", "[a]\nx = 1\ny = ${b.z}\n"))
        self.assertEqual(str(caught.exception), "t.conf:3: no such key: b.z")

    def test_cycle(self):
        with self.assertRaises(ReferenceCycle) as caught:
            load(("t", "[a]\nx = ${b.y}\n[b]\ny = ${a.x}\n"))
        self.assertIn("a.x -> b.y -> a.x", str(caught.exception))

    def test_malformed_reference(self):
        with self.assertRaises(MissingReference):
            load(("t", "[a]\nx = ${1 2}\n"))


class TypesTest(unittest.TestCase):
    CONF = ("t", "[a]\nn = 0x10\nflag = Yes\nnames = a, b,\n  c\n")

    def test_int(self):
        self.assertEqual(load(self.CONF).get_int("a", "n"), 16)

    def test_bool(self):
        self.assertIs(load(self.CONF).get_bool("a", "flag"), True)

    def test_list(self):
        self.assertEqual(load(self.CONF).get_list("a", "names"), ["a", "b", "c"])

    def test_default(self):
        self.assertEqual(load(self.CONF).get_int("a", "m", 7), 7)

    def test_wrong_type(self):
        with self.assertRaises(ConfError) as caught:
            load(self.CONF).get_int("a", "flag")
        self.assertEqual(str(caught.exception), "a.flag: not a whole number: Yes")


if __name__ == "__main__":
    unittest.main()
