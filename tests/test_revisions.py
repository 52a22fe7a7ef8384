"""Revisions of a git repository as folders."""

import subprocess

import pytest

from colorcheck.files.revisions import RevisionError, changed_files, checked_out, is_revision, repository


def git(folder, *words):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


@pytest.fixture
def repo(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "a.cfg").write_text("first\n")
    (tmp_path / "out").symlink_to("/etc/passwd")
    (tmp_path / "in").symlink_to("a.cfg")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    (tmp_path / "a.cfg").write_text("second\n")
    git(tmp_path, "commit", "-qam", "second")
    return tmp_path


def test_an_old_revision_is_read_and_the_working_tree_left_alone(repo):
    (repo / "a.cfg").write_text("not committed\n")
    with checked_out(repo, "HEAD~1") as folder:
        assert (folder / "a.cfg").read_text() == "first\n"
        assert (folder / "in").read_text() == "first\n"
        assert not (folder / "out").is_symlink()
    assert not folder.exists()
    assert (repo / "a.cfg").read_text() == "not committed\n"


def test_what_changed_since_a_revision(repo):
    (repo / "new ö.cfg").write_text("x")
    assert {path.name for path in changed_files(repo, "HEAD~1")} == {"a.cfg", "new ö.cfg"}


def test_a_folder_below_belongs_to_the_repository(repo):
    (repo / "below").mkdir()
    assert repository(repo / "below") == repo.resolve()


@pytest.mark.parametrize("name", ["nowhere", "--help", ""])
def test_no_such_revision(repo, name):
    assert not is_revision(repo, name)
    with pytest.raises(RevisionError), checked_out(repo, name):
        pass


def test_outside_of_a_repository(tmp_path):
    with pytest.raises(RevisionError, match="not a git repository"):
        repository(tmp_path)
