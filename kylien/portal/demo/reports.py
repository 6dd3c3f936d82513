"""Two years of monthly reports as the station wrote them, what leaders said, other documents sent.

All go through the services, on days of their own. What the registers say is counted as they stand
when the ward is loaded: nothing was mended since, so no report has adjustments.
"""

import datetime as dt

from kylien.core.periods import TZ, Month
from reports.content import WARD
from reports.disclosure import Shown
from reports.figures import PAIRS, figures, parts, read
from reports.models import MonthlyReport, OutgoingDocument, ReportRemark
from reports.outline import PARTS
from reports.sentences import propose
from reports.services import monthly, numbers, remarks

MONTHS = 24
TOLD_MONTHS = 12  # the last ones hold the sentences that their figures gave
UNWRITTEN = ("shortcomings", "plan")  # of the newest report, while there are days left to write it
TOLD = ("order", "administration")  # parts of it whose proposed sentences were accepted
Kind = OutgoingDocument.Kind

WORDS = {  # part -> what was written of it; a month never says what the month before it said
    "security": (
        "Tình hình an ninh ổn định, không có điểm nóng, không có tụ tập đông người.",
        "An ninh nông thôn, an ninh tôn giáo giữ vững; không phát sinh khiếu kiện vượt cấp.",
        "Nổi lên việc người dân kiến nghị về đền bù, tái định cư; đã cùng phường đối thoại.",
        "Công nhân ở trọ đông, có lời rủ nghỉ việc; nắm từ sớm, không xảy ra ngừng việc.",
        "Trên mạng có tin sai về giá đất trong phường; đã xác minh, yêu cầu gỡ bỏ.",
    ),
    "order": (
        "Trộm cắp tập trung ở khu nhà trọ, phần lớn từ 22 giờ đến 2 giờ, do cổng không khoá.",
        "Mâu thuẫn nhỏ trong khu dân cư được hoà giải ngay tại tổ liên gia.",
        "Lừa đảo qua điện thoại giả danh cán bộ tăng; người bị hại phần lớn trên 50 tuổi.",
        "Đánh nhau sau khi uống rượu ở quán ăn ven đường; đã gọi hỏi, răn đe, xử phạt.",
        "Không xảy ra vụ phạm pháp hình sự nghiêm trọng; tiếng ồn karaoke bị phản ánh nhiều.",
    ),
    "accidents": (
        "Va chạm giao thông ở ngã ba đường tránh lúc tan ca, không có người chết.",
        "Không xảy ra cháy, nổ. Đã nhắc các hộ kinh doanh gas để bình nơi thoáng.",
        "Một vụ cháy bếp nhỏ được tổ liên gia dập tắt bằng bình tại chỗ.",
        "Đã rà soát các điểm ngập và nhà yếu, cập nhật phương án sơ tán.",
    ),
    "advice": (
        "Tham mưu Đảng uỷ, UBND phường kế hoạch bảo đảm an ninh, trật tự trong kỳ.",
        "Tham mưu UBND phường kiện toàn lực lượng tham gia bảo vệ an ninh, trật tự ở cơ sở.",
        "Tham mưu Chủ tịch UBND phường đối thoại với các hộ trong vùng dự án.",
        "Tham mưu UBND phường giao chỉ tiêu lắp camera an ninh cho từng tổ dân phố.",
    ),
    "administration": (
        "Giải quyết thủ tục cư trú đúng hạn; đến tận nhà làm căn cước cho người già yếu.",
        "Kiểm tra lưu trú ban đêm các khu nhà trọ, nhắc chủ nhà báo trước 23 giờ.",
        "Đối chiếu sổ với tổ liên gia, sửa các trường hợp đi khỏi nơi cư trú chưa báo.",
        "Ký cam kết với các cơ sở có điều kiện; hướng dẫn bổ sung giấy tờ còn thiếu.",
    ),
    "crime": (
        "Tiếp nhận, phân loại tin báo đúng hạn; vụ nào cũng có người chịu trách nhiệm.",
        "Tuần tra đêm ở các khu nhà trọ, phối hợp lực lượng cơ sở.",
        "Gọi hỏi, răn đe số thanh thiếu niên hay tụ tập đêm; vận động gia đình cùng quản lý.",
        "Vận động giao nộp vũ khí, vật liệu nổ, pháo tự chế.",
    ),
    "movement": (
        "Tuyên truyền gắn với việc người dân hỏi: lừa đảo qua mạng, tạm trú, đèn chiếu sáng.",
        "Tổ liên gia tự nhận trông xe, thắp sáng ngõ; ý kiến của dân được trả lời tại chỗ.",
        "Củng cố các tổ ít họp, cảnh sát khu vực dự họp để nghe dân nói.",
        "Nhân rộng camera ở các ngõ; quy chế xem lại hình do tổ liên gia thông qua.",
    ),
    "joint": (
        "Mặt trận và các đoàn thể làm đúng phần đã cam kết, có biên bản từng lần.",
        "Hội Phụ nữ, Đoàn thanh niên cùng tuyên truyền tại tổ; còn phần việc chưa đến hạn.",
        "Đã rà lại các cam kết liên tịch, nhắc bên chậm bằng văn bản.",
    ),
    "force": (
        "Quân số đủ; học tập điều lệnh, nghiệp vụ đúng lịch.",
        "Tập huấn lực lượng cơ sở về sơ cứu, chữa cháy ban đầu.",
        "Cử cán bộ tập huấn công tác dân vận ở tỉnh, về phổ biến lại cho đơn vị.",
    ),
    "strengths": (
        "Nắm tình hình từ sớm, không để bị động; phối hợp với các đoàn thể chặt chẽ.",
        "Việc cư trú, căn cước làm nhanh, người dân ít phải đi lại.",
        "Các vụ mâu thuẫn nhỏ được giải quyết ngay ở tổ liên gia.",
    ),
    "shortcomings": (
        "Một số tổ liên gia họp hình thức; kỳ tới cảnh sát khu vực dự họp, kèm trực tiếp.",
        "Tuyên truyền còn một chiều, ít ghi ý kiến; kỳ sau buổi nào cũng dành nửa giờ hỏi đáp.",
        "Chủ nhà trọ báo lưu trú chậm do chưa quen qua mạng; hướng dẫn tận nhà trong kỳ tới.",
        "Trả lời kiến nghị của tổ còn chậm vì chờ ngành khác; đã giao người theo dõi từng việc.",
    ),
    "plan": (
        "Dự họp các tổ ít sinh hoạt (cảnh sát khu vực, trong tháng).",
        "Kiểm tra định kỳ cơ sở có điều kiện theo kế hoạch (tổ ngành nghề, trước ngày 10).",
        "Trả lời hết các ý kiến quá hạn (người phụ trách từng việc, trong mười ngày).",
        "Tuyên truyền phòng chống lừa đảo đến các tổ chưa có buổi nào trong quý.",
    ),
    "requests": (
        "Đề nghị UBND phường bố trí kinh phí sửa đèn chiếu sáng ở các ngõ.",
        "Đề nghị cấp trên tăng cường thiết bị cho lực lượng cơ sở.",
        "",
    ),
}
SEASONS = {  # month of the year -> what is planned for it besides
    1: "Mở đợt cao điểm trước Tết Nguyên đán: pháo, trộm cắp, đánh bạc.",
    2: "Bảo đảm an ninh, trật tự các điểm lễ hội đầu năm.",
    5: "Phối hợp nhà trường quản lý học sinh trước kỳ nghỉ hè, phòng đuối nước.",
    6: "Bảo đảm trật tự, an toàn kỳ thi tốt nghiệp.",
    9: "Trực đủ quân số mùa mưa bão, sẵn sàng sơ tán người dân vùng thấp.",
    10: "Trực đủ quân số mùa mưa bão; kiểm tra xuồng, áo phao, đèn.",
    11: "Phục vụ Ngày hội đại đoàn kết toàn dân tộc ở các tổ dân phố.",
    12: "Tổng kết công tác năm, chấm điểm tổ liên gia.",
}
WRITERS = {"administration": "nhaplieu", "movement": "cskv2", "joint": "cskv2", "force": "chihuy"}
# (days ago, kind, subject, recipients, why it was cancelled): the numbers follow the days.
DOCUMENTS = (
    (96, Kind.PLAN, "Tuần tra đêm các khu nhà trọ", "UBND phường;\nLưu: VT, CAP.", ""),
    (88, Kind.LETTER, "Về việc sửa đèn chiếu sáng ở các ngõ", "Điện lực;\nLưu: VT, CAP.", ""),
    (71, Kind.NOTICE, "Lịch tiếp công dân", "Các tổ dân phố;\nLưu: VT, CAP.", ""),
    (60, Kind.INVITATION, "Dự sơ kết nghị quyết liên tịch", "Các tổ chức phối hợp.", ""),
    (52, Kind.PROPOSAL, "Về kinh phí cho lực lượng cơ sở", "UBND phường;\nLưu: VT, CAP.", ""),
    (43, Kind.LETTER, "Về việc phối hợp quản lý học sinh", "Các trường học.", "Gộp vào kế hoạch."),
    (30, Kind.NOTICE, "Thủ đoạn lừa đảo mới trên mạng", "Các tổ liên gia;\nLưu: VT, CAP.", ""),
    (21, Kind.PLAN, "Kiểm tra cơ sở có điều kiện", "Lưu: VT, CAP.", ""),
    (12, Kind.LETTER, "Trả lời kiến nghị của tổ dân phố", "Các tổ dân phố;\nLưu: VT, CAP.", ""),
    (5, Kind.MINUTES, "Họp giao ban lực lượng cơ sở", "Lưu: VT, CAP.", ""),
)
A_YEAR = {  # how many of a kind the paper register numbers in a year
    Kind.REPORT: 46,
    Kind.PLAN: 40,
    Kind.LETTER: 160,
    Kind.NOTICE: 80,
    Kind.INVITATION: 55,
    Kind.PROPOSAL: 22,
    Kind.MINUTES: 90,
}
ANSWERED = (
    "Báo cáo cần nêu rõ vì sao tin báo lưu trú còn chậm.",
    "Do chủ nhà trọ chưa quen báo qua mạng; đã hướng dẫn tận nhà, kỳ sau báo đủ.",
)
TASK = "Rà soát các tổ liên gia ít họp, báo cáo cách củng cố từng tổ."


def make_reports(scene):
    """Write the reports of the last two years, publish all but the newest, and let leaders speak of
    two; then number the other documents of the last months."""
    months = Month.containing(scene.on, scene.start_day).previous().last(MONTHS)
    told = _told(months[-TOLD_MONTHS:])
    earlier, published = {}, []
    for month in months:
        texts = _texts(scene, month, earlier)
        report = monthly.begin(month=month, user=scene.officers["nhaplieu"], on=month.period.end)
        if month == months[-1]:
            _newest(scene, report, texts, told[month])
            _stamp(scene, report)
            break
        for sentence, words in told.get(month, ()):
            texts[sentence.part] = "\n".join(filter(None, (words, texts[sentence.part])))
        _write(scene, report, texts)
        published.append(_publish(scene, report, first=not published))
        _stamp(scene, report)
        earlier = texts
    _remarks(scene, published)
    _documents(scene)


def _told(months):
    """Return the sentences that the figures of each month give: `{month: [(sentence, words)]}`."""
    declared = figures()
    counted = read(declared, WARD, [months[0].previous(), *months])
    shown = {
        month: Shown(found, True, parts(declared), PAIRS)  # as leaders may read them
        for month, found in counted.items()
    }
    return {month: list(propose(shown[month], shown[month.previous()])) for month in months}


def _texts(scene, month, earlier):
    """Draw what was written of a month, part by part."""
    found = {}
    for part in PARTS:
        free = [words for words in WORDS[part.key] if words not in earlier.get(part.key, "")]
        found[part.key] = scene.rng.choice(free or WORDS[part.key])
    plan = scene.rng.sample(WORDS["plan"], 2)
    found["plan"] = "\n".join(filter(None, (SEASONS.get(month.next().month), *plan)))
    return found


def _write(scene, report, texts):
    for text in report.texts.all():
        if texts[text.part]:
            writer = scene.officers[WRITERS.get(text.part, "cskv1")]
            monthly.write_text(text=text, words=texts[text.part], user=writer)


def _at(day, hour, minute=0):
    return dt.datetime.combine(day, dt.time(hour, minute), TZ)


def _publish(scene, report, *, first):
    """Submit, approve and publish a report within two days of the end of its month."""
    ended = report.as_month.period.end  # the first day after it
    dated = ended + dt.timedelta(days=scene.rng.randint(0, 1))
    chief = scene.officers["chihuy"]
    monthly.submit(report=report, user=scene.officers["nhaplieu"], at=_at(ended, 10), on=ended)
    report = monthly.approve(
        report=report,
        user=chief,
        signer=chief,
        signed_as="head",
        dated=dated,
        at=_at(dated, 15, 20),
        on=dated,
        used_before=_used_before(Kind.REPORT, dated) if first else None,
    )
    return monthly.publish(report=report, at=_at(dated, 16, 30))


def _stamp(scene, report):
    """Date a report and its texts back to the morning after its month, when they were written."""
    ended = report.as_month.period.end
    begun, written = (min(scene.now, _at(ended, hour)) for hour in (8, 9))
    MonthlyReport.objects.filter(pk=report.pk).refresh_derived(created_at=begun)
    report.texts.all().refresh_derived(created_at=begun, changed_at=written)


def _used_before(kind, day):
    """Return how many numbers of the year had been given on paper up to a day; None for none."""
    return A_YEAR[kind] * day.timetuple().tm_yday // 366 or None


def _newest(scene, report, texts, told):
    """Write the report of the month that ended last: still in work, or handed in when due."""
    writing = scene.on <= report.due_on
    _write(scene, report, texts | dict.fromkeys(UNWRITTEN, "") if writing else texts)
    rows = {text.part: text for text in report.texts.all()}
    for sentence, words in told:
        if sentence.part in TOLD:
            monthly.take_sentence(
                text=rows[sentence.part],
                key=sentence.key,
                words=words,
                accept=True,
                user=scene.officers["cskv1"],
            )
    if not writing:
        day = report.due_on
        user = scene.officers["nhaplieu"]
        monthly.submit(report=report, user=user, at=_at(day, 16), on=day)


def _remarks(scene, published):
    """Let the ward's leader say two things: one is answered, one is a task that waits."""
    leader = scene.officers["lanhdao"]
    report, newest = published[-2:]
    day = min(newest.document.dated, scene.on)
    said, answered = ANSWERED
    comment = remarks.remark(
        report=report,
        author=leader,
        kind=ReportRemark.Kind.COMMENT,
        content=said,
        due_on=None,
        on=day,
    )
    remarks.answer(remark=comment, words=answered, on=day)
    task = remarks.remark(
        report=newest,
        author=leader,
        kind=ReportRemark.Kind.TASK,
        content=TASK,
        due_on=scene.on + dt.timedelta(days=9),
        on=scene.on,
    )
    remarks.assign(remark=task, owner=scene.officers["cskv2"])


def _documents(scene):
    begun = set()
    for ago, kind, subject, recipients, cancelled in DOCUMENTS:
        day = scene.days_ago(ago)
        row = numbers.register(
            kind=kind,
            dated=day,
            subject=subject,
            signer=scene.officers["chihuy"],
            signed_as="head",
            recipients=recipients,
            used_before=None if kind in begun else _used_before(kind, day),
            on=day,
        )
        begun.add(kind)
        if cancelled:
            numbers.cancel(document=row, reason=cancelled, on=day + dt.timedelta(days=1))
